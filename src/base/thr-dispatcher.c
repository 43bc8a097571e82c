/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-dispatcher-private.h"

#include "base/thr-fork-private.h"

#include <stdatomic.h>
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

/* What `head` can be beside the newest node of the inbox.
 *
 *  ASLEEP: empty, and the owner may be asleep: the next push wakes it;
 *  BUSY: empty, and the owner is awake and looks again before it sleeps;
 *  SHUT: nothing comes in any more: pushes go to the heir. */
static ThrNode busy_mark, shut_mark;
#define ASLEEP ((ThrNode *) NULL)
#define BUSY (&busy_mark)
#define SHUT (&shut_mark)

/* A full inbox yields to what an application draws: GDK redraws at this
 * priority, and what has the same priority takes turns. */
#define PRIORITY_AT_EASE G_PRIORITY_DEFAULT
#define PRIORITY_FLOODED (G_PRIORITY_HIGH_IDLE + 20)

struct _ThrDispatcher
{
  GMainContext *context; /* a reference */
  GSource *source;
  GThread *maker; /* a reference, so that no later thread has its address */
  gboolean is_default; /* of the global default context: never freed */

  gint ref_count; /* the last one is dropped with table_lock held */
  gint weak_count; /* all references together are one of these */

  /* Pushed with release, which publishes what the node carries; taken with
   * acquire. Sequentially consistent where it meets `sleepers`. */
  ThrNode *_Atomic head;
  /* Pushers that will still touch the dispatcher after their node is in, and
   * after what kept it alive may so be gone. Freeing waits for them. */
  _Atomic guint wakers;
  /* Owner threads in sleep(): raised before `head` says ASLEEP, read by a
   * pusher after it took that away. */
  _Atomic guint sleepers;
  GMutex sleep_lock; /* guards poked; held to wait for, or signal, awake */
  GCond awake;
  gboolean poked;

  /* The owner's alone from here. */
  ThrNode *taken; /* the batch being delivered, oldest first */
  GQueue ticks;
  gint64 tick_due;
  gint64 budget_end;
  gint64 busy_since; /* when the inbox was last found empty; 0 = it is */
  gboolean flooded;
  /* Written before `head` becomes SHUT, read after. */
  ThrDispatcher *heir;
  /* The heir has what was here: set with release after that, and read with acquire
   * by who comes later, which so comes after what it pushed before. */
  _Atomic gboolean moved;
};

typedef struct
{
  GSource source;
  ThrDispatcher *dispatcher; /* NULL once it is gone */
} Source;

typedef struct
{
  ThrNode node;
  ThrDispatcher *dispatcher; /* a reference */
  void (*func) (gpointer data);
  gpointer data;
} Invocation;

static ThrDispatcher *of_default; /* made once, and for ever */
static GMutex table_lock; /* guards by_context and each last reference */
static GHashTable *by_context;

__thread ThrLocal thr_local;

static inline gboolean
is_node (ThrNode *head)
{
  return head != ASLEEP && head != BUSY && head != SHUT;
}

gboolean
thr_dispatcher_on_main_thread (void)
{
#ifdef __linux__
  if (thr_local.is_main == 0)
    thr_local.is_main = syscall (SYS_gettid) == getpid () ? 1 : -1;
  return thr_local.is_main > 0;
#else
  /* The thread that first used the library is the best guess there is. */
  static gsize first;

  if (g_once_init_enter (&first))
    g_once_init_leave (&first, (gsize) g_thread_self ());
  return first == (gsize) g_thread_self ();
#endif
}

/* ---- the source ---- */

static gboolean
source_prepare (GSource *source,
                int     *timeout)
{
  ThrDispatcher *self = ((Source *) source)->dispatcher;
  ThrNode *head;

  *timeout = -1;
  if (self == NULL)
    return FALSE;
  if (self->taken != NULL)
    return TRUE;

  /* Arming belongs here and not at the end of a dispatch: only what is next
   * to sleep may say so, and with nested loops that need not be who
   * dispatched. */
  head = BUSY;
  if (atomic_compare_exchange_strong (&self->head, &head, ASLEEP))
    return FALSE;
  return is_node (head);
}

static gboolean
source_check (GSource *source)
{
  ThrDispatcher *self = ((Source *) source)->dispatcher;

  return self != NULL &&
         (self->taken != NULL ||
          is_node (atomic_load_explicit (&self->head, memory_order_relaxed)));
}

static void
set_flooded (ThrDispatcher *self,
             gboolean       flooded)
{
  if (self->flooded == flooded)
    return;
  self->flooded = flooded;
  g_source_set_priority (self->source, flooded ? PRIORITY_FLOODED : PRIORITY_AT_EASE);
}

static gboolean
source_dispatch (GSource    *source,
                 GSourceFunc callback,
                 gpointer    user_data)
{
  ThrDispatcher *self = ((Source *) source)->dispatcher;

  if (self != NULL)
    thr_dispatcher_deliver (self);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs source_funcs = {
  .prepare = source_prepare,
  .check = source_check,
  .dispatch = source_dispatch,
};

/* ---- life ---- */

static ThrDispatcher *
dispatcher_new (GMainContext *context)
{
  ThrDispatcher *self = g_new0 (ThrDispatcher, 1);

  self->ref_count = self->weak_count = 1;
  self->context = g_main_context_ref (context);
  self->is_default = context == g_main_context_default ();
  self->maker = g_thread_ref (g_thread_self ());
  g_mutex_init (&self->sleep_lock);
  g_cond_init (&self->awake);
  g_queue_init (&self->ticks);

  self->source = g_source_new (&source_funcs, sizeof (Source));
  ((Source *) self->source)->dispatcher = self;
  g_source_set_static_name (self->source, "[thr-glib] dispatcher");
  g_source_set_priority (self->source, PRIORITY_AT_EASE);
  g_source_set_can_recurse (self->source, TRUE);
  g_source_attach (self->source, context);
  return self;
}

/* The last reference is gone. */
static void
dispatcher_dispose (ThrDispatcher *self)
{
  g_assert (self->taken == NULL && g_queue_is_empty (&self->ticks));

  while (atomic_load_explicit (&self->wakers, memory_order_acquire) > 0)
    g_thread_yield ();

  ((Source *) self->source)->dispatcher = NULL;
  g_source_destroy (self->source);
  g_source_unref (self->source);
  g_clear_pointer (&self->heir, thr_dispatcher_unref);
  g_clear_pointer (&self->maker, g_thread_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  thr_dispatcher_weak_unref (self);
}

ThrDispatcher *
thr_dispatcher_weak_ref (ThrDispatcher *self)
{
  g_atomic_int_inc (&self->weak_count);
  return self;
}

void
thr_dispatcher_weak_unref (ThrDispatcher *self)
{
  if (!g_atomic_int_dec_and_test (&self->weak_count))
    return;
  g_mutex_clear (&self->sleep_lock);
  g_cond_clear (&self->awake);
  g_free (self);
}

ThrDispatcher *
thr_dispatcher_for_context (GMainContext *context)
{
  ThrDispatcher *self;

  if (context == NULL || context == g_main_context_default ())
    {
      if (g_once_init_enter (&of_default))
        g_once_init_leave (&of_default, dispatcher_new (g_main_context_default ()));
      return of_default;
    }

  g_mutex_lock (&table_lock);
  if (by_context == NULL)
    by_context = g_hash_table_new (NULL, NULL);
  self = g_hash_table_lookup (by_context, context);
  if (self != NULL)
    thr_dispatcher_ref (self);
  else
    {
      self = dispatcher_new (context);
      g_hash_table_insert (by_context, context, self);
    }
  g_mutex_unlock (&table_lock);
  return self;
}

ThrDispatcher *
thr_dispatcher_for_maker (void)
{
  GMainContext *context = g_main_context_get_thread_default ();

  if (context == NULL && thr_local.owner != NULL)
    return thr_dispatcher_ref (thr_local.owner);
  return thr_dispatcher_for_context (context);
}

ThrDispatcher *
thr_dispatcher_for_long_life (void)
{
  if (thr_local.owner != NULL)
    return thr_dispatcher_ref (thr_local.owner);
  return thr_dispatcher_for_maker ();
}

ThrDispatcher *
thr_dispatcher_ref (ThrDispatcher *self)
{
  if (!self->is_default)
    g_atomic_int_inc (&self->ref_count);
  return self;
}

void
thr_dispatcher_unref (ThrDispatcher *self)
{
  int count = g_atomic_int_get (&self->ref_count);

  if (self->is_default)
    return;

  while (count > 1)
    {
      if (g_atomic_int_compare_and_exchange_full (&self->ref_count, count, count - 1, &count))
        return;
    }

  /* Under the lock, so that no one can find it in the table meanwhile. */
  g_mutex_lock (&table_lock);
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    {
      g_mutex_unlock (&table_lock);
      return;
    }
  if (by_context != NULL && g_hash_table_lookup (by_context, self->context) == self)
    g_hash_table_remove (by_context, self->context);
  g_mutex_unlock (&table_lock);
  dispatcher_dispose (self);
}

GMainContext *
thr_dispatcher_get_context (ThrDispatcher *self)
{
  while (thr_dispatcher_is_closed (self) && self->heir != NULL)
    self = self->heir;
  return self->context;
}

/* ---- from any thread ---- */

static void
wake (ThrDispatcher *self)
{
  /* Who owns the context is here, so it is not asleep. */
  if (!g_main_context_is_owner (self->context))
    g_main_context_wakeup (self->context);

  if (atomic_load (&self->sleepers) > 0)
    {
      g_mutex_lock (&self->sleep_lock);
      g_cond_broadcast (&self->awake);
      g_mutex_unlock (&self->sleep_lock);
    }
}

void
thr_dispatcher_push (ThrDispatcher *self,
                     ThrNode       *node)
{
  ThrNode *head = atomic_load_explicit (&self->head, memory_order_acquire);

  for (;;)
    {
      gboolean was_asleep = head == ASLEEP;

      if (head == SHUT)
        {
          while (!atomic_load_explicit (&self->moved, memory_order_acquire) && !thr_is_fork)
            g_thread_yield ();
          self = self->heir;
          head = atomic_load_explicit (&self->head, memory_order_acquire);
          continue;
        }

      if (was_asleep)
        atomic_fetch_add (&self->wakers, 1);
      node->next = is_node (head) ? head : NULL;
      if (atomic_compare_exchange_strong (&self->head, &head, node))
        {
          /* The node may be delivered and gone by now, and what it held too. */
          if (was_asleep)
            {
              wake (self);
              atomic_fetch_sub_explicit (&self->wakers, 1, memory_order_release);
            }
          return;
        }
      if (was_asleep)
        atomic_fetch_sub_explicit (&self->wakers, 1, memory_order_release);
    }
}

static void
invocation_deliver (ThrNode *node)
{
  Invocation *invocation = (Invocation *) node;

  thr_assert_home (invocation->dispatcher);
  invocation->func (invocation->data);
  thr_dispatcher_unref (invocation->dispatcher);
  g_free (invocation);
}

/* Calls @func at home. It is called too where that is by now the heir's home. */
void
thr_dispatcher_invoke (ThrDispatcher *self,
                       void         (*func) (gpointer data),
                       gpointer       data)
{
  Invocation *invocation = g_new (Invocation, 1);

  invocation->node.deliver = invocation_deliver;
  invocation->dispatcher = thr_dispatcher_ref (self);
  invocation->func = func;
  invocation->data = data;
  thr_dispatcher_push (self, &invocation->node);
}

/* Whether this thread may take the context over: the thread it was made for,
 * in a script the main thread, owns it only while it iterates it. */
static gboolean
may_acquire (ThrDispatcher *self)
{
  if (thr_local.owner != NULL)
    return FALSE;
  return self->is_default ? thr_dispatcher_on_main_thread () : self->maker == g_thread_self ();
}

static gboolean
take_over (ThrDispatcher *self)
{
  if (!may_acquire (self) || !g_main_context_acquire (self->context))
    return FALSE;
  /* Background threads take over none at all: not those that they made
   * something for, either. */
  thr_assert_owner (thr_local.owner == NULL);
  return TRUE;
}

gboolean
thr_dispatcher_is_home (ThrDispatcher *self)
{
  if (self == thr_local.delivering)
    return TRUE;
  while (thr_dispatcher_is_closed (self))
    self = self->heir;

  if (g_main_context_is_owner (self->context))
    return TRUE;
  if (!take_over (self))
    return FALSE;
  g_main_context_release (self->context);
  return TRUE;
}

gboolean
thr_dispatcher_is_closed (ThrDispatcher *self)
{
  return atomic_load_explicit (&self->head, memory_order_acquire) == SHUT;
}

/* Ends the sleep of the owner, or its next one. */
void
thr_dispatcher_poke (ThrDispatcher *self)
{
  g_mutex_lock (&self->sleep_lock);
  self->poked = TRUE;
  g_cond_broadcast (&self->awake);
  g_mutex_unlock (&self->sleep_lock);
}

/* ---- the owner's part ---- */

gboolean
thr_dispatcher_enter (ThrDispatcher *self)
{
  if (thr_dispatcher_is_closed (self))
    return FALSE;
  if (g_main_context_is_owner (self->context))
    return g_main_context_acquire (self->context);
  return take_over (self);
}

void
thr_dispatcher_leave (ThrDispatcher *self)
{
  g_main_context_release (self->context);
}

static void
take (ThrDispatcher *self)
{
  ThrNode *node = atomic_exchange_explicit (&self->head, BUSY, memory_order_acq_rel);

  while (is_node (node))
    {
      ThrNode *older = node->next;

      node->next = self->taken;
      self->taken = node;
      node = older;
    }
}

static void
arm_tick (ThrDispatcher *self)
{
  self->tick_due = g_get_monotonic_time () + THR_TICK_INTERVAL;
  g_source_set_ready_time (self->source, self->tick_due);
}

static void
disarm_tick (ThrDispatcher *self)
{
  self->tick_due = 0;
  g_source_set_ready_time (self->source, -1);
}

static void
deliver_ticks (ThrDispatcher *self)
{
  guint n_due = g_queue_get_length (&self->ticks);

  disarm_tick (self);
  for (; n_due > 0 && !g_queue_is_empty (&self->ticks); n_due--)
    {
      ThrTick *tick = g_queue_pop_head_link (&self->ticks)->data;

      tick->waiting = FALSE;
      tick->func (tick);
    }
  if (!g_queue_is_empty (&self->ticks) && self->tick_due == 0)
    arm_tick (self);
}

/* Delivers what is there, for as long as the budget lasts. A main loop run by
 * one of the callees goes on with the rest of the batch: that is why the batch
 * is kept in the dispatcher. */
void
thr_dispatcher_deliver (ThrDispatcher *self)
{
  gint64 now = g_get_monotonic_time ();
  ThrDispatcher *outer = thr_local.delivering;
  ThrBatch *outer_batch = thr_local.batch;
  ThrDeliverFunc last = NULL;
  ThrBatch batch;

  /* All that is asked below whether it is at home takes `delivering` for it.
   * There is no exception: GLib's dispatch and enter() both own the context,
   * and one that is closed in a delivery keeps its context until that is over. */
  thr_assert_owner (g_main_context_is_owner (self->context));

  thr_dispatcher_ref (self);
  thr_batch_flush ();
  batch.flush = NULL;
  thr_local.batch = &batch;
  thr_local.delivering = self;

  if (self->busy_since == 0)
    self->busy_since = now;
  self->budget_end = now + THR_DISPATCH_BUDGET;
  if (self->tick_due > 0 && now >= self->tick_due)
    deliver_ticks (self);
  if (self->taken == NULL && !thr_dispatcher_is_closed (self))
    take (self);

  while (self->taken != NULL)
    {
      ThrNode *node = self->taken;

      self->taken = node->next;
      if (node->deliver != last)
        thr_batch_flush ();
      last = node->deliver;
      last (node);
      now = g_get_monotonic_time ();
      if (now >= self->budget_end)
        break;
    }
  thr_batch_flush ();

  /* Only a flood that lasts gives way: to change the priority of a source
   * costs more than many a batch. */
  if (self->taken == NULL &&
      !is_node (atomic_load_explicit (&self->head, memory_order_relaxed)))
    {
      self->busy_since = 0;
      set_flooded (self, FALSE);
    }
  else if (now - self->busy_since >= THR_DISPATCH_BUDGET)
    set_flooded (self, TRUE);

  thr_local.delivering = outer;
  thr_local.batch = outer_batch;
  thr_dispatcher_unref (self);
}

/* All that has come so far, however long it takes. */
void
thr_dispatcher_deliver_all (ThrDispatcher *self)
{
  guint n_batches = 0;

  /* The rest of the batch that was taken before, and one more. */
  while (n_batches < 2)
    {
      thr_dispatcher_deliver (self);
      if (self->taken == NULL)
        n_batches++;
    }
}

void
thr_dispatcher_sleep (ThrDispatcher *self,
                      gint64         deadline)
{
  ThrNode *head = BUSY;

  if (self->taken != NULL)
    return;

  atomic_fetch_add (&self->sleepers, 1);
  if (atomic_compare_exchange_strong (&self->head, &head, ASLEEP) || head == ASLEEP)
    {
      gint64 until = deadline;

      if (self->tick_due > 0 && (until < 0 || self->tick_due < until))
        until = self->tick_due;

      g_mutex_lock (&self->sleep_lock);
      while (!self->poked && atomic_load (&self->head) == ASLEEP)
        {
          if (until < 0)
            g_cond_wait (&self->awake, &self->sleep_lock);
          else if (!g_cond_wait_until (&self->awake, &self->sleep_lock, until))
            break;
        }
      self->poked = FALSE;
      g_mutex_unlock (&self->sleep_lock);
    }
  atomic_fetch_sub (&self->sleepers, 1);
}

/* When the present dispatch began. */
gint64
thr_dispatcher_get_begun (ThrDispatcher *self)
{
  return self->budget_end - THR_DISPATCH_BUDGET;
}

/* Until when the present dispatch may go on. */
gint64
thr_dispatcher_get_budget (ThrDispatcher *self)
{
  return self->budget_end;
}

void
thr_dispatcher_tick (ThrDispatcher *self,
                     ThrTick       *tick,
                     ThrTickFunc    func)
{
  if (tick->waiting)
    return;

  tick->waiting = TRUE;
  tick->func = func;
  tick->link.data = tick;
  g_queue_push_tail_link (&self->ticks, &tick->link);
  if (self->tick_due == 0)
    arm_tick (self);
}

void
thr_dispatcher_untick (ThrDispatcher *self,
                       ThrTick       *tick)
{
  if (!tick->waiting)
    return;

  tick->waiting = FALSE;
  g_queue_unlink (&self->ticks, &tick->link);
  if (g_queue_is_empty (&self->ticks))
    disarm_tick (self);
}

/* A source that is destroyed when the dispatcher is closed, or gone. */
void
thr_dispatcher_attach (ThrDispatcher *self,
                       GSource       *source)
{
  while (thr_dispatcher_is_closed (self))
    self = self->heir;
  g_source_add_child_source (self->source, source);
}

/* Before a context goes: what is here, and all that still comes, goes to the
 * dispatcher of somebody who lives longer. */
void
thr_dispatcher_close (ThrDispatcher *self,
                      ThrDispatcher *heir)
{
  ThrNode *node, *oldest = NULL;

  g_return_if_fail (!self->is_default && heir != self);
  if (thr_dispatcher_is_closed (self))
    return;

  g_mutex_lock (&table_lock);
  if (by_context != NULL && g_hash_table_lookup (by_context, self->context) == self)
    g_hash_table_remove (by_context, self->context);
  g_mutex_unlock (&table_lock);

  self->heir = thr_dispatcher_ref (heir);
  node = atomic_exchange (&self->head, SHUT);
  while (is_node (node))
    {
      ThrNode *older = node->next;

      node->next = oldest;
      oldest = node;
      node = older;
    }

  /* While nobody else knows of them: what the heir delivers takes its own away. */
  while (!g_queue_is_empty (&self->ticks))
    thr_dispatcher_untick (self, g_queue_peek_head (&self->ticks));

  while (self->taken != NULL || oldest != NULL)
    {
      ThrNode **from = self->taken != NULL ? &self->taken : &oldest;

      node = *from;
      *from = node->next;
      thr_dispatcher_push (heir, node);
    }
  atomic_store_explicit (&self->moved, TRUE, memory_order_release);

  g_source_destroy (self->source);
}
