/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-subscription.h>
#include <thr-glib/thr-worker.h>

G_BEGIN_DECLS

#define THR_TYPE_CHANNEL (thr_channel_get_type ())

THR_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (ThrChannel, thr_channel, THR, CHANNEL, GObject)

THR_AVAILABLE_IN_1_0
ThrChannel      *thr_channel_new       (void);
THR_AVAILABLE_IN_1_0
gboolean         thr_channel_sub       (ThrChannel           *self,
                                        ThrWorker            *worker,
                                        GError              **error);
THR_AVAILABLE_IN_1_0
gboolean         thr_channel_unsub     (ThrChannel           *self,
                                        ThrWorker            *worker);
THR_AVAILABLE_IN_1_0
guint            thr_channel_get_n_subscribers (ThrChannel   *self);
THR_AVAILABLE_IN_1_0
gboolean         thr_channel_pub       (ThrChannel           *self,
                                        const char           *name,
                                        const GValue         *value,
                                        GError              **error);
THR_AVAILABLE_IN_1_0
gboolean         thr_channel_pub_event (ThrChannel           *self,
                                        ThrEvent             *event,
                                        gint64                timeout,
                                        GError              **error);
THR_AVAILABLE_IN_1_0
ThrSubscription *thr_channel_subscribe (ThrChannel           *self,
                                        ThrOverflow           overflow,
                                        guint                 capacity,
                                        ThrSubscriptionFunc   func,
                                        gpointer              user_data,
                                        GDestroyNotify        destroy);

G_END_DECLS
