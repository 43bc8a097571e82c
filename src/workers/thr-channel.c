/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-channel.h"

#include "base/thr-error.h"
#include "base/thr-home-private.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"
#include "workers/thr-channel-private.h"
#include "workers/thr-worker-private.h"

/**
 * ThrChannel:
 *
 * Tells everybody who subscribes what anybody publishes.
 *
 * Workers subscribe with [method@Thr.Channel.sub]; what is published is then
 * fired at them as an event, for their listeners and waits. Anything else that
 * has a main context, such as a window, subscribes a function with
 * [method@Thr.Channel.subscribe].
 *
 * ```c
 * g_autoptr (ThrChannel) news = thr_channel_new ();
 *
 * thr_worker_listen (worker, "PRINT", print, NULL, NULL);
 * thr_channel_sub (news, worker, NULL);
 *
 * thr_channel_subscribe (news, THR_OVERFLOW_KEEP_LATEST, 0, show_in_window, window, NULL);
 *
 * thr_channel_pub (news, "PRINT", &value, NULL);
 * ```
 *
 * A channel holds no reference to the workers: one that is gone is not
 * subscribed any more. It holds its subscriptions of functions until they are
 * ended.
 *
 * # Thread safety
 *
 * Every function may be called from any thread, [method@Thr.Channel.pub] also
 * inside a listener or a subscription's function. All subscribers hear what one
 * thread publishes in the order in which it was published.
 *
 * A listener runs on the thread of its worker; the function of a subscription
 * in the owner context of the subscription, which is the thread-default main
 * context of the thread that subscribed.
 *
 * # Shutdown
 *
 * Dropping the last reference ends all subscriptions, after what was published
 * before was told.
 *
 * Since: 1.0
 */

struct _ThrChannel
{
  GObject parent_instance;
  ThrHome home;

  ThrChannelCore *core; /* a reference */
};

G_DEFINE_FINAL_TYPE (ThrChannel, thr_channel, G_TYPE_OBJECT)

/* The channels of each worker that is subscribed to any: so that a worker that
 * goes leaves them, without a reference in either direction. A worker in there
 * has one weak reference of ours, which is never taken back: to take one back
 * while the worker is disposed of elsewhere would be a race.
 *
 * As long as a channel's members_lock is held, a reference to its members may be
 * taken: dispose() calls forget_worker_cb(), which needs the lock, before the
 * worker can be finalized. */
static GMutex channels_lock;    /* guards channels_of; taken after a members_lock */
static GHashTable *channels_of; /* ThrWorker * → GPtrArray of ThrChannelCore */
static GQueue borrowed;         /* ThrWorker *, that add_member() takes a reference to; guarded by it, too */
static GCond returned;          /* one of them was taken out, and n_forgetting wait for that */
static guint n_forgetting;

/* ---- the core ---- */

static ThrChannelCore *
core_new (void)
{
  ThrChannelCore *self = g_new0 (ThrChannelCore, 1);

  self->ref_count = 1;
  g_mutex_init (&self->members_lock);
  self->groups = g_ptr_array_new ();
  self->workers = g_ptr_array_new ();
  return self;
}

ThrChannelCore *
thr_channel_core_ref (ThrChannelCore *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
thr_channel_core_unref (ThrChannelCore *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_assert (self->groups->len == 0 && self->workers->len == 0);
  g_ptr_array_unref (self->groups);
  g_ptr_array_unref (self->workers);
  g_mutex_clear (&self->members_lock);
  g_free (self);
}

/* Nobody is left in the group. */
void
thr_channel_core_drop_group (ThrChannelCore *self,
                             ThrGroup       *group)
{
  gboolean had;

  g_mutex_lock (&self->members_lock);
  had = g_ptr_array_remove_fast (self->groups, group);
  g_mutex_unlock (&self->members_lock);
  if (had)
    thr_group_unref (group);
}

/* ---- the workers of a channel ---- */

/* In the dispose() of a worker. */
static void
forget_worker_cb (gpointer user_data,
                  GObject *where_the_object_was)
{
  GPtrArray *cores = NULL;

  g_mutex_lock (&channels_lock);
  g_hash_table_steal_extended (channels_of, where_the_object_was, NULL, (gpointer *) &cores);
  g_mutex_unlock (&channels_lock);

  for (guint i = 0; cores != NULL && i < cores->len; i++)
    {
      ThrChannelCore *core = cores->pdata[i];

      g_mutex_lock (&core->members_lock);
      g_ptr_array_remove (core->workers, where_the_object_was);
      g_mutex_unlock (&core->members_lock);
    }

  g_mutex_lock (&channels_lock);
  n_forgetting++;
  while (g_queue_find (&borrowed, where_the_object_was) != NULL)
    g_cond_wait (&returned, &channels_lock);
  n_forgetting--;
  g_mutex_unlock (&channels_lock);
  g_clear_pointer (&cores, g_ptr_array_unref);
}

/* With the core's members_lock. TRUE if the worker is not watched yet. */
static gboolean
note_member (ThrChannelCore *core,
             ThrWorker      *worker)
{
  GPtrArray *cores;
  gboolean is_new;

  g_mutex_lock (&channels_lock);
  if (channels_of == NULL)
    channels_of = g_hash_table_new (NULL, NULL);
  cores = g_hash_table_lookup (channels_of, worker);
  is_new = cores == NULL;
  if (is_new)
    {
      cores = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_channel_core_unref);
      g_hash_table_insert (channels_of, worker, cores);
    }
  g_ptr_array_add (cores, thr_channel_core_ref (core));
  g_mutex_unlock (&channels_lock);
  return is_new;
}

/* With the core's members_lock. The reference that goes with this is not the
 * last one: the channel has one, too. */
static void
unnote_member (ThrChannelCore *core,
               gpointer        worker)
{
  GPtrArray *cores;

  g_mutex_lock (&channels_lock);
  cores = g_hash_table_lookup (channels_of, worker);
  if (cores != NULL)
    g_ptr_array_remove_fast (cores, core);
  g_mutex_unlock (&channels_lock);
}

/* ---- the class ---- */

static void
close_core (ThrChannelCore *core)
{
  g_autoptr (GPtrArray) groups = NULL;

  g_mutex_lock (&core->members_lock);
  core->closed = TRUE;
  groups = core->groups;
  core->groups = g_ptr_array_new ();
  for (guint i = 0; i < core->workers->len; i++)
    unnote_member (core, core->workers->pdata[i]);
  g_ptr_array_set_size (core->workers, 0);
  g_mutex_unlock (&core->members_lock);

  for (guint i = 0; i < groups->len; i++)
    {
      thr_group_close (groups->pdata[i]);
      thr_group_unref (groups->pdata[i]);
    }
}

static void
thr_channel_dispose (GObject *object)
{
  ThrChannel *self = THR_CHANNEL (object);

  if (!thr_home_dispose (&self->home))
    return;

  G_OBJECT_CLASS (thr_channel_parent_class)->dispose (object);
}

static void
thr_channel_finalize (GObject *object)
{
  ThrChannel *self = THR_CHANNEL (object);

  thr_assert_home (self->home.dispatcher);

  close_core (self->core);
  thr_channel_core_unref (self->core);
  thr_home_clear (&self->home);
  G_OBJECT_CLASS (thr_channel_parent_class)->finalize (object);
}

static void
thr_channel_class_init (ThrChannelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrChannel, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->dispose = thr_channel_dispose;
  object_class->finalize = thr_channel_finalize;
}

static void
thr_channel_init (ThrChannel *self)
{
  thr_home_init (&self->home, thr_dispatcher_for_long_life ());
  self->core = core_new ();
}

/**
 * thr_channel_new: (constructor)
 *
 * Makes a channel without subscribers.
 *
 * Returns: (transfer full): a new channel
 *
 * Since: 1.0
 */
ThrChannel *
thr_channel_new (void)
{
  return g_object_new (THR_TYPE_CHANNEL, NULL);
}

/* ---- workers ---- */

/**
 * thr_channel_sub:
 * @self: a channel
 * @worker: (nullable): the worker that subscribes; `NULL` for the one of the
 *   calling thread
 * @error: where to put an error
 *
 * Has everything that is published fired at a worker.
 *
 * One that is subscribed already stays so, and hears each event once. A stopped
 * worker stays subscribed, and is one that does not run, see
 * [method@Thr.Worker.fire_event].
 *
 * Where @worker is `NULL` and the calling thread has no worker, the error is
 * `THR_ERROR_INVALID_STATE`.
 *
 * Returns: `TRUE` if the worker is subscribed
 *
 * Since: 1.0
 */
gboolean
thr_channel_sub (ThrChannel *self,
                 ThrWorker  *worker,
                 GError    **error)
{
  ThrChannelCore *core;
  gboolean is_new = FALSE;

  g_return_val_if_fail (THR_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (worker == NULL || THR_IS_WORKER (worker), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (worker == NULL)
    worker = thr_worker_current ();
  if (worker == NULL)
    {
      g_set_error_literal (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                           _("This thread has no worker: say which one is to subscribe, or "
                             "subscribe a function"));
      return FALSE;
    }

  core = self->core;
  g_mutex_lock (&core->members_lock);
  if (!g_ptr_array_find (core->workers, worker, NULL))
    {
      g_ptr_array_add (core->workers, worker);
      is_new = note_member (core, worker);
    }
  g_mutex_unlock (&core->members_lock);
  if (is_new)
    g_object_weak_ref (G_OBJECT (worker), forget_worker_cb, NULL);
  return TRUE;
}

/**
 * thr_channel_unsub:
 * @self: a channel
 * @worker: (nullable): the worker that leaves; `NULL` for the one of the calling
 *   thread
 *
 * Ends what [method@Thr.Channel.sub] began.
 *
 * Returns: `FALSE` if the worker was not subscribed
 *
 * Since: 1.0
 */
gboolean
thr_channel_unsub (ThrChannel *self,
                   ThrWorker  *worker)
{
  ThrChannelCore *core;
  gboolean had;

  g_return_val_if_fail (THR_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (worker == NULL || THR_IS_WORKER (worker), FALSE);

  if (worker == NULL)
    worker = thr_worker_current ();
  if (worker == NULL)
    return FALSE;

  core = self->core;
  g_mutex_lock (&core->members_lock);
  had = g_ptr_array_remove (core->workers, worker);
  if (had)
    unnote_member (core, worker);
  g_mutex_unlock (&core->members_lock);
  return had;
}

/**
 * thr_channel_get_n_subscribers:
 * @self: a channel
 *
 * How many workers and functions are subscribed.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
thr_channel_get_n_subscribers (ThrChannel *self)
{
  ThrChannelCore *core;
  guint n;

  g_return_val_if_fail (THR_IS_CHANNEL (self), 0);

  core = self->core;
  g_mutex_lock (&core->members_lock);
  n = core->workers->len;
  for (guint i = 0; i < core->groups->len; i++)
    {
      ThrGroup *group = core->groups->pdata[i];

      g_mutex_lock (&group->queue_lock);
      n += group->roster->len;
      g_mutex_unlock (&group->queue_lock);
    }
  g_mutex_unlock (&core->members_lock);
  return n;
}

/* ---- publishing ---- */

/**
 * thr_channel_pub:
 * @self: a channel
 * @name: the name of the event, not empty
 * @value: (nullable): its value, which is copied
 * @error: where to put an error
 *
 * Publishes an event. Its target is the worker of the calling thread, if there
 * is one.
 *
 * Where a subscription is full that blocks, this waits until there is room,
 * however long that takes; see [method@Thr.Channel.pub_event].
 *
 * Returns: `TRUE` if everybody will hear it
 *
 * Since: 1.0
 */
gboolean
thr_channel_pub (ThrChannel   *self,
                 const char   *name,
                 const GValue *value,
                 GError      **error)
{
  g_autoptr (ThrEvent) event = NULL;

  g_return_val_if_fail (THR_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_event_check_name (name, error))
    return FALSE;

  event = thr_event_new (name, value);
  return thr_channel_pub_event (self, event, THR_FOREVER, error);
}

/* If it is still subscribed, mostly at the same place. To take a reference may call a binding's toggle notify,
 * so it is taken unlocked; until it is, the end of this worker waits, and no other's.
 * That wait is for no code of the user: where a toggle notify is called, the toggle
 * reference is there, so that no last one is being dropped. */
static void
add_member (GPtrArray      *workers,
            ThrChannelCore *core,
            ThrWorker      *worker,
            guint           place)
{
  GList link = { worker, NULL, NULL };
  gboolean there;

  g_mutex_lock (&core->members_lock);
  there = (place < core->workers->len && core->workers->pdata[place] == worker) ||
          g_ptr_array_find (core->workers, worker, NULL);
  if (there)
    {
      g_mutex_lock (&channels_lock);
      g_queue_push_head_link (&borrowed, &link);
      g_mutex_unlock (&channels_lock);
    }
  g_mutex_unlock (&core->members_lock);
  if (!there)
    return;

  g_ptr_array_add (workers, g_object_ref (worker));
  g_mutex_lock (&channels_lock);
  g_queue_unlink (&borrowed, &link);
  if (n_forgetting > 0)
    g_cond_broadcast (&returned);
  g_mutex_unlock (&channels_lock);
}

/* The queues are filled with the lock, which runs no code of the user's: so all
 * functions hear all publications in one order. To fire at a worker may drop
 * the last reference to another, and waits until the lock is gone. What is left
 * are the links for those that are full and block, after their groups. */
static GPtrArray *
put_all (ThrChannelCore  *core,
         ThrEvent        *event,
         ThrPublication **publication)
{
  g_autoptr (GPtrArray) workers = NULL;
  g_autoptr (GPtrArray) members = NULL; /* without references */
  GPtrArray *full = NULL;
  ThrLink *surplus = NULL;

  *publication = NULL;
  g_mutex_lock (&core->members_lock);
  if (core->workers->len > 0)
    {
      members = g_ptr_array_copy (core->workers, NULL, NULL);
      workers = g_ptr_array_new_full (members->len, g_object_unref);
    }
  if (core->groups->len > 0)
    *publication = thr_publication_new (event, core->groups->len);
  for (guint i = 0; i < core->groups->len; i++)
    {
      ThrLink *link = &(*publication)->links[i], *too_old;

      if (!thr_group_put (core->groups->pdata[i], link, &too_old))
        {
          if (full == NULL)
            full = g_ptr_array_new ();
          g_ptr_array_add (full, thr_group_ref (core->groups->pdata[i]));
          g_ptr_array_add (full, link);
        }
      else if (too_old != NULL)
        {
          too_old->next = surplus;
          surplus = too_old;
        }
    }
  g_mutex_unlock (&core->members_lock);

  for (guint i = 0; members != NULL && i < members->len; i++)
    add_member (workers, core, members->pdata[i], i);
  for (guint i = 0; workers != NULL && i < workers->len; i++)
    thr_worker_fire_event (workers->pdata[i], event);
  thr_links_free (surplus);
  return full;
}

/**
 * thr_channel_pub_event:
 * @self: a channel
 * @event: what to publish
 * @timeout: how long to wait where a subscription is full that blocks, in
 *   microseconds; 0 for not at all, [const@Thr.FOREVER] for ever
 * @error: where to put an error
 *
 * Publishes an event that was made before.
 *
 * Everybody else hears it at once. A full subscription that blocks
 * (`THR_OVERFLOW_BLOCK`) is waited for, and that without processing events or
 * running the main loop; if it has no room in time, the error is
 * `THR_ERROR_TIMED_OUT`. Where this very thread would have to make room, or one
 * that waits for this one in the same way, it is `THR_ERROR_WOULD_DEADLOCK`, at
 * once. In both cases the subscription does not hear the event, and counts it as
 * dropped. A negative time is `THR_ERROR_INVALID_ARGUMENT`.
 *
 * Returns: `TRUE` if everybody will hear it
 *
 * Since: 1.0
 */
gboolean
thr_channel_pub_event (ThrChannel *self,
                       ThrEvent   *event,
                       gint64      timeout,
                       GError    **error)
{
  g_autoptr (GPtrArray) full = NULL;
  ThrPublication *publication;
  gboolean ok = TRUE;

  g_return_val_if_fail (THR_IS_CHANNEL (self), FALSE);
  g_return_val_if_fail (event != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_timeout_check (timeout, error))
    return FALSE;

  full = put_all (self->core, event, &publication);
  if (full != NULL)
    {
      gint64 deadline = thr_deadline (timeout);

      for (guint i = 0; i < full->len; i += 2)
        {
          ok = thr_group_put_waiting (full->pdata[i], full->pdata[i + 1], deadline,
                                      ok ? error : NULL) &&
               ok;
          thr_group_unref (full->pdata[i]);
        }
    }
  if (publication != NULL)
    thr_publication_unref (publication);
  return ok;
}

/* ---- functions ---- */

static ThrGroup *
find_group_locked (ThrChannelCore *core,
                   ThrDispatcher  *home)
{
  for (guint i = 0; i < core->groups->len; i++)
    {
      ThrGroup *group = core->groups->pdata[i];

      if (group->home == home && !group->blocks)
        return group;
    }
  return NULL;
}

/**
 * thr_channel_subscribe:
 * @self: a channel
 * @overflow: what to do when the function does not keep up
 * @capacity: how many events may wait for it; 0 for no bound
 * @func: (scope notified) (closure user_data) (destroy destroy): called for each
 *   event in the thread-default main context of the calling thread
 * @user_data: (nullable): data for @func
 * @destroy: (nullable): called with @user_data in that context after the last
 *   call of @func
 *
 * Has a function called for everything that is published from now on.
 *
 * In a worker that context lives as long as its run, and so does the
 * subscription: it is ended, and @destroy called, on the worker's thread.
 *
 * Returns: (transfer full): a handle; it need not be kept
 *
 * Since: 1.0
 */
ThrSubscription *
thr_channel_subscribe (ThrChannel         *self,
                       ThrOverflow         overflow,
                       guint               capacity,
                       ThrSubscriptionFunc func,
                       gpointer            user_data,
                       GDestroyNotify      destroy)
{
  ThrSubscription *subscription;
  ThrChannelCore *core;
  ThrDispatcher *home;
  ThrGroup *group = NULL;
  GPtrArray *before;

  g_return_val_if_fail (THR_IS_CHANNEL (self), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  core = self->core;
  home = thr_dispatcher_for_maker ();
  g_mutex_lock (&core->members_lock);
  if (overflow != THR_OVERFLOW_BLOCK || capacity == 0)
    group = find_group_locked (core, home);
  if (group == NULL)
    {
      group = thr_group_new (home, overflow == THR_OVERFLOW_BLOCK && capacity > 0);
      g_ptr_array_add (core->groups, group);
    }
  subscription = thr_subscription_new (core, group, overflow, capacity, func, user_data, destroy);
  before = thr_group_add (group, subscription);
  g_mutex_unlock (&core->members_lock);

  g_ptr_array_unref (before);
  thr_dispatcher_unref (home);
  return subscription;
}
