/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-event.h>

G_BEGIN_DECLS

#define THR_TYPE_OVERFLOW (thr_overflow_get_type ())
#define THR_TYPE_SUBSCRIPTION (thr_subscription_get_type ())

typedef struct _ThrSubscription ThrSubscription;

typedef enum
{
  THR_OVERFLOW_BLOCK,
  THR_OVERFLOW_DROP_OLDEST,
  THR_OVERFLOW_KEEP_LATEST,
} ThrOverflow;

/**
 * ThrSubscriptionFunc:
 * @event: what was published
 * @user_data: (nullable): what was given with the function
 *
 * Hears what is published in a [class@Thr.Channel]. It is called in the owner
 * context of the subscription: that of the thread that subscribed.
 *
 * It may run a main loop of its own: what is published meanwhile is heard
 * there, in order, by this function as well.
 *
 * Since: 1.0
 */
typedef void (*ThrSubscriptionFunc) (ThrEvent *event,
                                     gpointer  user_data);

THR_AVAILABLE_IN_1_0
GType            thr_overflow_get_type          (void);
THR_AVAILABLE_IN_1_0
GType            thr_subscription_get_type      (void);
THR_AVAILABLE_IN_1_0
ThrSubscription *thr_subscription_ref           (ThrSubscription *self);
THR_AVAILABLE_IN_1_0
void             thr_subscription_unref         (ThrSubscription *self);
THR_AVAILABLE_IN_1_0
void             thr_subscription_unsubscribe   (ThrSubscription *self);
THR_AVAILABLE_IN_1_0
gboolean         thr_subscription_is_active     (ThrSubscription *self);
THR_AVAILABLE_IN_1_0
ThrOverflow      thr_subscription_get_overflow  (ThrSubscription *self);
THR_AVAILABLE_IN_1_0
guint            thr_subscription_get_capacity  (ThrSubscription *self);
THR_AVAILABLE_IN_1_0
guint            thr_subscription_get_n_pending (ThrSubscription *self);
THR_AVAILABLE_IN_1_0
guint64          thr_subscription_get_n_dropped (ThrSubscription *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ThrSubscription, thr_subscription_unref)

G_END_DECLS
