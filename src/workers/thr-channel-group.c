/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-channel-private.h"

#include "base/thr-error.h"
#include "base/thr-gate-private.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"

static void group_deliver (ThrNode *node);

/* All groups there are, for the contexts that end. None of them is referenced:
 * each takes itself out, with the lock, before it is freed. */
static GMutex groups_lock; /* guards all_groups and each link; the innermost */
static GQueue all_groups;

/* ---- publications ---- */

ThrPublication *
thr_publication_new (ThrEvent *event,
                     guint     n_links)
{
  ThrPublication *self = g_malloc (sizeof (ThrPublication) + n_links * sizeof (ThrLink));

  self->ref_count = (int) n_links + 1;
  self->event = thr_event_ref (event);
  for (guint i = 0; i < n_links; i++)
    self->links[i] = (ThrLink) { NULL, self };
  return self;
}

void
thr_publication_unref (ThrPublication *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  thr_event_unref (self->event);
  g_free (self);
}

/* Without a lock: a value may be anything. */
void
thr_links_free (ThrLink *link)
{
  while (link != NULL)
    {
      ThrLink *next = link->next;

      thr_publication_unref (link->publication);
      link = next;
    }
}

/* ---- life ---- */

ThrGroup *
thr_group_new (ThrDispatcher *home,
               gboolean       blocks)
{
  ThrGroup *self = g_new0 (ThrGroup, 1);

  self->node.deliver = group_deliver;
  self->ref_count = 1;
  self->home = thr_dispatcher_ref (home);
  self->blocks = blocks;
  g_mutex_init (&self->queue_lock);
  g_cond_init (&self->room);
  self->last = &self->first;
  self->roster = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_subscription_unref);
  self->link.data = self;
  g_mutex_lock (&groups_lock);
  g_queue_push_tail_link (&all_groups, &self->link);
  g_mutex_unlock (&groups_lock);
  return self;
}

ThrGroup *
thr_group_ref (ThrGroup *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
thr_group_unref (ThrGroup *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_mutex_lock (&groups_lock);
  g_queue_unlink (&all_groups, &self->link);
  g_mutex_unlock (&groups_lock);

  /* The subscriptions held it, so that none is left. */
  g_assert (self->roster->len == 0 && self->current == NULL);
  g_ptr_array_unref (self->roster);
  thr_links_free (self->first);
  g_mutex_clear (&self->queue_lock);
  g_cond_clear (&self->room);
  thr_dispatcher_unref (self->home);
  g_free (self);
}

/* ---- who subscribes ---- */

/* Puts a roster into the place of the present one, which is returned: its
 * subscriptions may be the last to be held by it, and so it is to be dropped
 * without the lock. */
static GPtrArray *
replace_roster_locked (ThrGroup        *self,
                       ThrSubscription *added,
                       ThrSubscription *removed)
{
  GPtrArray *before = self->roster;
  gboolean bounded = TRUE;

  self->roster = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_subscription_unref);
  self->bound = 0;
  for (guint i = 0; i < before->len + (added != NULL); i++)
    {
      ThrSubscription *one = i < before->len ? before->pdata[i] : added;

      if (one == removed)
        continue;
      g_ptr_array_add (self->roster, thr_subscription_ref (one));
      bounded = bounded && one->capacity > 0;
      self->bound = MAX (self->bound, one->capacity);
    }
  if (!bounded)
    self->bound = 0;
  return before;
}

/* What was published before is not for it. Returns what is to be dropped without
 * a lock. */
GPtrArray *
thr_group_add (ThrGroup        *self,
               ThrSubscription *subscription)
{
  GPtrArray *before;

  g_mutex_lock (&self->queue_lock);
  subscription->n_seen = self->n_put;
  before = replace_roster_locked (self, subscription, NULL);
  g_mutex_unlock (&self->queue_lock);
  return before;
}

static ThrLink *
empty_queue_locked (ThrGroup *self)
{
  ThrLink *rest = self->first;

  self->first = NULL;
  self->last = &self->first;
  self->n_queued = 0;
  return rest;
}

/* TRUE if nobody is left. @before and @rest are to be dropped without a lock. */
gboolean
thr_group_remove (ThrGroup        *self,
                  ThrSubscription *subscription,
                  GPtrArray      **before,
                  ThrLink        **rest)
{
  gboolean empty;

  g_mutex_lock (&self->queue_lock);
  *before = replace_roster_locked (self, NULL, subscription);
  empty = self->roster->len == 0;
  *rest = empty ? empty_queue_locked (self) : NULL;
  g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->queue_lock);
  return empty;
}

/* Ends all of its subscriptions. */
static void
dismiss (ThrGroup *self)
{
  GPtrArray *before;
  ThrLink *rest;

  g_mutex_lock (&self->queue_lock);
  before = self->roster;
  self->roster = g_ptr_array_new_with_free_func ((GDestroyNotify) thr_subscription_unref);
  rest = empty_queue_locked (self);
  g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->queue_lock);

  for (guint i = 0; i < before->len; i++)
    {
      ThrSubscription *one = before->pdata[i];

      atomic_store_explicit (&one->active, FALSE, memory_order_relaxed);
    }
  if (before->len > 0)
    thr_channel_core_drop_group (((ThrSubscription *) before->pdata[0])->core, self);
  g_ptr_array_unref (before);
  thr_links_free (rest);
}

/* The channel is gone. What was published before is still told. */
void
thr_group_close (ThrGroup *self)
{
  gboolean idle;

  g_mutex_lock (&self->queue_lock);
  self->closing = TRUE;
  idle = self->first == NULL && !self->posted && !self->telling;
  g_mutex_unlock (&self->queue_lock);

  if (idle)
    dismiss (self);
}

/* ---- the publisher's side ---- */

static gboolean
is_full_locked (ThrGroup *self)
{
  ThrSubscription *one;

  if (!self->blocks || self->roster->len == 0)
    return FALSE;
  one = self->roster->pdata[0];
  return one->capacity > 0 && thr_subscription_n_pending_locked (one) >= one->capacity;
}

/* Takes the link, and gives back what nobody wants to hear any more. @post:
 * whether the node is to be pushed. */
static ThrLink *
put_locked (ThrGroup *self,
            ThrLink  *link,
            gboolean *post)
{
  ThrLink *surplus;

  if (self->roster->len == 0)
    return link;

  *self->last = link;
  self->last = &link->next;
  self->n_put++;
  self->n_queued++;
  *post = !self->posted;
  if (*post)
    {
      self->posted = TRUE;
      thr_group_ref (self);
    }
  if (self->bound == 0 || self->n_queued <= self->bound)
    return NULL;

  /* With at most one more than the bound, the oldest is not the newest. */
  surplus = self->first;
  self->first = surplus->next;
  self->n_queued--;
  surplus->next = NULL;
  return surplus;
}

/* FALSE if it is full and blocks: then the link is still the caller's. @surplus
 * is to be freed without a lock. */
gboolean
thr_group_put (ThrGroup *self,
               ThrLink  *link,
               ThrLink **surplus)
{
  gboolean post = FALSE;

  *surplus = NULL;
  g_mutex_lock (&self->queue_lock);
  if (is_full_locked (self))
    {
      g_mutex_unlock (&self->queue_lock);
      return FALSE;
    }
  *surplus = put_locked (self, link, &post);
  g_mutex_unlock (&self->queue_lock);

  if (post)
    thr_dispatcher_push (self->home, &self->node);
  return TRUE;
}

/* ---- publishers that are blocked ---- */

/* A publisher on a thread with a context of its own, while it waits for room in
 * another context. */
typedef struct
{
  ThrDispatcher *own;
  ThrDispatcher *wanted;
} Blocked;

static GMutex blocked_lock; /* guards blocked */
static GSList *blocked;     /* Blocked *, on the stacks of their threads */

/* Whether the thread that is to make room waits, itself or by others, for room
 * that only the thread of @own can make. Ends, since there is no circle yet. */
static gboolean
leads_to (ThrDispatcher *wanted,
          ThrDispatcher *own)
{
  if (wanted == own)
    return TRUE;
  for (GSList *l = blocked; l != NULL; l = l->next)
    {
      const Blocked *other = l->data;

      if (other->own == wanted && leads_to (other->wanted, own))
        return TRUE;
    }
  return FALSE;
}

static gboolean
begin_blocked (Blocked  *self,
               ThrGroup *group)
{
  gboolean ok;

  *self = (Blocked) { thr_dispatcher_for_maker (), group->home };
  if (thr_dispatcher_is_home (group->home))
    ok = FALSE;
  else if (!thr_dispatcher_is_home (self->own))
    return TRUE; /* a thread without a context: nobody waits for it */
  else
    {
      g_mutex_lock (&blocked_lock);
      ok = !leads_to (group->home, self->own);
      if (ok)
        blocked = g_slist_prepend (blocked, self);
      g_mutex_unlock (&blocked_lock);
    }
  if (!ok)
    thr_dispatcher_unref (self->own);
  return ok;
}

static void
end_blocked (Blocked *self)
{
  g_mutex_lock (&blocked_lock);
  blocked = g_slist_remove (blocked, self);
  g_mutex_unlock (&blocked_lock);
  thr_dispatcher_unref (self->own);
}

static void
count_refused_locked (ThrGroup *self)
{
  if (self->roster->len > 0)
    ((ThrSubscription *) self->roster->pdata[0])->n_refused++;
}

/* Takes the link in any case. */
gboolean
thr_group_put_waiting (ThrGroup *self,
                       ThrLink  *link,
                       gint64    deadline,
                       GError  **error)
{
  gboolean post = FALSE, in_time = TRUE, may_wait, full;
  ThrLink *surplus = link;
  Blocked wait;

  may_wait = begin_blocked (&wait, self);

  g_mutex_lock (&self->queue_lock);
  self->n_blocked++;
  while (may_wait && in_time && is_full_locked (self))
    {
      if (deadline < 0)
        g_cond_wait (&self->room, &self->queue_lock);
      else
        in_time = g_cond_wait_until (&self->room, &self->queue_lock, deadline);
    }
  self->n_blocked--;
  full = is_full_locked (self);
  if (full)
    count_refused_locked (self);
  else
    surplus = put_locked (self, link, &post);
  g_mutex_unlock (&self->queue_lock);
  if (may_wait)
    end_blocked (&wait);

  if (post)
    thr_dispatcher_push (self->home, &self->node);
  thr_links_free (surplus);
  if (full && may_wait)
    g_set_error_literal (error, THR_ERROR, THR_ERROR_TIMED_OUT,
                         _("A subscription of this channel is full, and had no room in the time "
                           "given: it did not hear this event"));
  else if (full)
    g_set_error_literal (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK,
                         _("A subscription of this channel is full, and only this thread could "
                           "make room: it did not hear this event"));
  return !full;
}

/* ---- the subscribers' side ---- */

/* What a subscription still has, and what it has missed, is decided here, when
 * a publication comes to be told. That is the same as if each had a queue of its
 * own that drops the oldest: it has missed what more than `capacity` newer ones
 * had followed by then. */
static void
consider_locked (ThrSubscription *self,
                 guint64          number)
{
  guint64 n_newer = self->group->n_put - number;

  self->hears = number > self->n_seen && (self->capacity == 0 || n_newer < self->capacity);
  if (number <= self->n_seen)
    return;
  self->n_dropped += number - self->n_seen - (self->hears ? 1 : 0);
  self->n_seen = number;
}

static gboolean
take (ThrGroup *self)
{
  g_mutex_lock (&self->queue_lock);
  self->current = self->first;
  self->telling = self->current != NULL;
  if (self->current != NULL)
    {
      guint64 number = self->n_put - self->n_queued + 1;

      self->first = self->current->next;
      if (self->first == NULL)
        self->last = &self->first;
      self->n_queued--;
      self->n_told = 0;
      self->audience = g_ptr_array_ref (self->roster);
      for (guint i = 0; i < self->audience->len; i++)
        consider_locked (self->audience->pdata[i], number);
      if (self->n_blocked > 0)
        g_cond_broadcast (&self->room);
    }
  g_mutex_unlock (&self->queue_lock);
  return self->current != NULL;
}

/* Tells one subscription of one publication. FALSE if there is nothing to tell. */
static gboolean
tell_next (ThrGroup *self)
{
  ThrLink *told;
  GPtrArray *audience;

  if (self->current == NULL && !take (self))
    return FALSE;

  while (self->n_told < self->audience->len)
    {
      ThrSubscription *one = self->audience->pdata[self->n_told++];
      ThrEvent *event;

      if (!one->hears || !atomic_load_explicit (&one->active, memory_order_relaxed))
        continue;

      /* A main loop inside may tell the rest, and free all of it. */
      event = thr_event_ref (self->current->publication->event);
      thr_subscription_ref (one);
      if (thr_gate_is_open ())
        one->func (event, one->user_data);
      thr_subscription_unref (one);
      thr_event_unref (event);
      return TRUE;
    }

  told = g_steal_pointer (&self->current);
  audience = g_steal_pointer (&self->audience);
  thr_publication_unref (told->publication);
  g_ptr_array_unref (audience);
  return TRUE;
}

/* Ends all of its subscriptions, also those that are held by a publication which a
 * turn of the main loop had no time to finish. */
static void
give_up (ThrGroup *self)
{
  dismiss (self);
  while (self->current != NULL || take (self))
    {
      if (self->audience != NULL)
        self->n_told = self->audience->len;
      tell_next (self);
    }
}

static void
repost (ThrGroup *self)
{
  gboolean post;

  g_mutex_lock (&self->queue_lock);
  post = !self->posted;
  if (post)
    {
      self->posted = TRUE;
      thr_group_ref (self);
    }
  g_mutex_unlock (&self->queue_lock);
  if (post)
    thr_dispatcher_push (self->home, &self->node);
}

static void
group_deliver (ThrNode *node)
{
  ThrGroup *self = (ThrGroup *) node;
  gboolean more, closing;

  thr_assert_home (self->home);

  g_mutex_lock (&self->queue_lock);
  self->posted = FALSE;
  more = self->n_queued > 1 || self->current != NULL;
  g_mutex_unlock (&self->queue_lock);

  /* Nobody is called any more, and this is the owner's of the thread that the
   * context belonged to. */
  if (thr_dispatcher_is_closed (self->home))
    {
      give_up (self);
      thr_group_unref (self);
      return;
    }

  /* A main loop inside one of the functions is to go on with what is here. */
  if (more)
    repost (self);
  while (tell_next (self))
    {
      if (g_get_monotonic_time () >= thr_dispatcher_get_budget (self->home))
        {
          repost (self);
          break;
        }
    }

  g_mutex_lock (&self->queue_lock);
  closing = self->closing && self->first == NULL && !self->telling;
  g_mutex_unlock (&self->queue_lock);
  if (closing)
    dismiss (self);
  thr_group_unref (self);
}

/* ---- the end of a context ---- */

/* One whose last reference was just dropped is about to take the lock, too. */
static gboolean
try_ref (ThrGroup *self)
{
  int count = g_atomic_int_get (&self->ref_count);

  while (count > 0)
    {
      if (g_atomic_int_compare_and_exchange_full (&self->ref_count, count, count + 1, &count))
        return TRUE;
    }
  return FALSE;
}

/* On its thread, while that is still the home of what is destroyed here. */
void
thr_channels_leave (ThrDispatcher *home)
{
  g_autoptr (GPtrArray) groups =
    g_ptr_array_new_with_free_func ((GDestroyNotify) thr_group_unref);

  g_mutex_lock (&groups_lock);
  for (GList *l = all_groups.head; l != NULL; l = l->next)
    {
      ThrGroup *group = l->data;

      if (group->home == home && try_ref (group))
        g_ptr_array_add (groups, group);
    }
  g_mutex_unlock (&groups_lock);

  for (guint i = 0; i < groups->len; i++)
    give_up (groups->pdata[i]);
}
