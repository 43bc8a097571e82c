/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-subscription.h"

#include "base/thr-gate-private.h"
#include "workers/thr-channel-private.h"

/**
 * ThrOverflow:
 * @THR_OVERFLOW_BLOCK: who publishes waits until there is room
 * @THR_OVERFLOW_DROP_OLDEST: the oldest of what waits makes room
 * @THR_OVERFLOW_KEEP_LATEST: only the newest waits, whatever the capacity is
 *
 * What becomes of an event that is published in a [class@Thr.Channel] faster
 * than a subscription hears it.
 *
 * Since: 1.0
 */
G_DEFINE_ENUM_TYPE (ThrOverflow, thr_overflow,
                    G_DEFINE_ENUM_VALUE (THR_OVERFLOW_BLOCK, "block"),
                    G_DEFINE_ENUM_VALUE (THR_OVERFLOW_DROP_OLDEST, "drop-oldest"),
                    G_DEFINE_ENUM_VALUE (THR_OVERFLOW_KEEP_LATEST, "keep-latest"))

/**
 * ThrSubscription:
 *
 * A function that hears what is published in a [class@Thr.Channel]; made by
 * [method@Thr.Channel.subscribe].
 *
 * The channel holds it: it hears until [method@Thr.Subscription.unsubscribe] is
 * called or the channel is gone, also when the handle was dropped.
 *
 * Every function may be called from any thread.
 *
 * Since: 1.0
 */
G_DEFINE_BOXED_TYPE (ThrSubscription, thr_subscription,
                     thr_subscription_ref, thr_subscription_unref)

ThrSubscription *
thr_subscription_new (ThrChannelCore     *core,
                      ThrGroup           *group,
                      ThrOverflow         overflow,
                      guint               capacity,
                      ThrSubscriptionFunc func,
                      gpointer            user_data,
                      GDestroyNotify      destroy)
{
  ThrSubscription *self = g_new0 (ThrSubscription, 1);

  self->ref_count = 1;
  self->core = thr_channel_core_ref (core);
  self->group = thr_group_ref (group);
  self->overflow = overflow;
  self->capacity = overflow == THR_OVERFLOW_KEEP_LATEST ? 1 : capacity;
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;
  atomic_init (&self->active, TRUE);
  return self;
}

/* At home. */
static void
subscription_free (gpointer data)
{
  ThrSubscription *self = data;

  if (self->destroy != NULL && thr_gate_is_open ())
    {
      thr_assert_home (self->group->home);
      self->destroy (self->user_data);
    }
  thr_group_unref (self->group);
  thr_channel_core_unref (self->core);
  g_free (self);
}

/**
 * thr_subscription_ref: (skip)
 * @self: a subscription
 *
 * Takes a reference.
 *
 * Returns: @self
 *
 * Since: 1.0
 */
ThrSubscription *
thr_subscription_ref (ThrSubscription *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

/**
 * thr_subscription_unref: (skip)
 * @self: (transfer full): a subscription
 *
 * Drops a reference. This does not end the subscription.
 *
 * Since: 1.0
 */
void
thr_subscription_unref (ThrSubscription *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (self->destroy == NULL || thr_dispatcher_is_home (self->group->home))
    subscription_free (self);
  else
    thr_dispatcher_invoke (self->group->home, subscription_free, self);
}

/**
 * thr_subscription_unsubscribe:
 * @self: a subscription
 *
 * Ends it. What it has not heard yet it never hears; a second call does
 * nothing.
 *
 * On the thread of its owner context the function is not called any more after
 * this. On another thread a call may just be under way. The function's data is
 * destroyed in the owner context after the last call.
 *
 * Since: 1.0
 */
void
thr_subscription_unsubscribe (ThrSubscription *self)
{
  ThrChannelCore *core;
  ThrGroup *empty = NULL;
  GPtrArray *before;
  ThrLink *rest;

  g_return_if_fail (self != NULL);

  if (!atomic_exchange (&self->active, FALSE))
    return;

  core = self->core;
  g_mutex_lock (&core->members_lock);
  if (thr_group_remove (self->group, self, &before, &rest) &&
      g_ptr_array_remove_fast (core->groups, self->group))
    empty = self->group;
  g_mutex_unlock (&core->members_lock);

  thr_links_free (rest);
  if (empty != NULL)
    thr_group_unref (empty);
  g_ptr_array_unref (before);
}

/**
 * thr_subscription_is_active:
 * @self: a subscription
 *
 * Tells whether @self still hears what is published.
 *
 * Returns: `FALSE` once it was ended, or the channel is gone and all was told
 *
 * Since: 1.0
 */
gboolean
thr_subscription_is_active (ThrSubscription *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return atomic_load_explicit (&self->active, memory_order_relaxed);
}

/**
 * thr_subscription_get_overflow:
 * @self: a subscription
 *
 * What becomes of what is published while it is full.
 *
 * Returns: the policy
 *
 * Since: 1.0
 */
ThrOverflow
thr_subscription_get_overflow (ThrSubscription *self)
{
  g_return_val_if_fail (self != NULL, THR_OVERFLOW_DROP_OLDEST);

  return self->overflow;
}

/**
 * thr_subscription_get_capacity:
 * @self: a subscription
 *
 * How many events may wait for it.
 *
 * Returns: the number; 0 for no bound
 *
 * Since: 1.0
 */
guint
thr_subscription_get_capacity (ThrSubscription *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->capacity;
}

/**
 * thr_subscription_get_n_pending:
 * @self: a subscription
 *
 * How many events were published that it has not heard, and will.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint
thr_subscription_get_n_pending (ThrSubscription *self)
{
  guint64 n;

  g_return_val_if_fail (self != NULL, 0);

  g_mutex_lock (&self->group->queue_lock);
  n = thr_subscription_is_active (self) ? thr_subscription_n_pending_locked (self) : 0;
  g_mutex_unlock (&self->group->queue_lock);
  return (guint) MIN (n, G_MAXUINT);
}

/**
 * thr_subscription_get_n_dropped:
 * @self: a subscription
 *
 * How many events it has missed, and will never hear, because more were
 * published than it has room for; or because a publisher could not wait for
 * room any longer.
 *
 * Returns: the number
 *
 * Since: 1.0
 */
guint64
thr_subscription_get_n_dropped (ThrSubscription *self)
{
  guint64 n;

  g_return_val_if_fail (self != NULL, 0);

  g_mutex_lock (&self->group->queue_lock);
  n = self->n_dropped + self->n_refused;
  if (thr_subscription_is_active (self))
    n += self->group->n_put - self->n_seen - thr_subscription_n_pending_locked (self);
  g_mutex_unlock (&self->group->queue_lock);
  return n;
}
