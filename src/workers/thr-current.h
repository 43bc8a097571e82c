/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-worker.h>

G_BEGIN_DECLS

/* What the worker of the calling thread does; a thread that has none gets one
 * for the time of a wait. */

THR_AVAILABLE_IN_1_0
gboolean     thr_sleep         (gint64             timeout,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_update        (GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_wait_timeout  (gint64             timeout,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_wait_forever  (GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_wait_worker   (ThrWorker         *other,
                                gint64             timeout,
                                GError           **error);
THR_AVAILABLE_IN_1_0
ThrEvent    *thr_wait_event    (const char        *name,
                                gint64             timeout,
                                ThrWorker         *target,
                                GError           **error);
THR_AVAILABLE_IN_1_0
ThrEvent    *thr_wait_until    (gint64             timeout,
                                ThrEventPredicate  predicate,
                                gpointer           user_data,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_exit          (GError           **error);

THR_AVAILABLE_IN_1_0
gboolean     thr_listen        (const char        *name,
                                ThrListenerFunc    func,
                                gpointer           user_data,
                                GDestroyNotify     destroy,
                                GError           **error);
THR_AVAILABLE_IN_1_0
ThrListener *thr_listen_full   (const char        *name,
                                int                priority,
                                ThrListenerFlags   flags,
                                ThrWorker         *target,
                                ThrListenerFunc    func,
                                gpointer           user_data,
                                GDestroyNotify     destroy,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_unlisten      (ThrListener       *listener,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_later         (gint64             delay,
                                GCancellable      *cancellable,
                                ThrLaterFunc       func,
                                gpointer           user_data,
                                GDestroyNotify     destroy,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_parent_fire   (const char        *name,
                                const GValue      *value,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_children_fire (const char        *name,
                                const GValue      *value,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_bubble        (const char        *name,
                                const GValue      *value,
                                GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_broadcast     (const char        *name,
                                const GValue      *value,
                                GError           **error);

G_END_DECLS
