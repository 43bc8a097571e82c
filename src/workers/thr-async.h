/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-worker.h>

G_BEGIN_DECLS

#define THR_TYPE_ASYNC (thr_async_get_type ())

THR_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (ThrAsync, thr_async, THR, ASYNC, ThrWorker)

THR_AVAILABLE_IN_1_0
ThrAsync     *thr_async_new         (ThrWorkerFunc   func,
                                     gpointer        user_data,
                                     GDestroyNotify  destroy);
THR_AVAILABLE_IN_1_0
const GValue *thr_async_get         (ThrAsync       *self,
                                     gint64          timeout,
                                     GError        **error);
THR_AVAILABLE_IN_1_0
ThrAsync     *thr_async_run         (ThrWorkerFunc   func,
                                     gpointer        user_data,
                                     GDestroyNotify  destroy,
                                     GError        **error);
THR_AVAILABLE_IN_1_0
gboolean      thr_async_run_and_get (GValue         *result,
                                     ThrWorkerFunc   func,
                                     gpointer        user_data,
                                     GDestroyNotify  destroy,
                                     GError        **error);

G_END_DECLS
