/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-event.h>

G_BEGIN_DECLS

#define THR_TYPE_LISTENER (thr_listener_get_type ())
#define THR_TYPE_LISTENER_FLAGS (thr_listener_flags_get_type ())

typedef struct _ThrListener ThrListener;

typedef enum
{
  THR_LISTENER_TEMPORARY = 0,
  THR_LISTENER_ONCE = 1 << 0,
  THR_LISTENER_PERMANENT = 1 << 1,
} ThrListenerFlags;

/**
 * ThrListenerFunc:
 * @worker: the worker that hears the event
 * @event: the event
 * @user_data: (nullable): what was given with the function
 * @error: where to put an error
 *
 * What a worker calls, on its own thread, when it hears an event.
 *
 * A failure, which is also `FALSE` with no error set, stops nothing: it is
 * logged, and fires `LISTENER_ERROR`, which bubbles.
 *
 * Returns: `TRUE`, or `FALSE` if it failed
 *
 * Since: 1.0
 */
typedef gboolean (*ThrListenerFunc) (ThrWorker *worker,
                                     ThrEvent  *event,
                                     gpointer   user_data,
                                     GError   **error);

THR_AVAILABLE_IN_1_0
GType            thr_listener_get_type       (void);
THR_AVAILABLE_IN_1_0
GType            thr_listener_flags_get_type (void);

THR_AVAILABLE_IN_1_0
ThrListener     *thr_listener_ref            (ThrListener *self);
THR_AVAILABLE_IN_1_0
void             thr_listener_unref          (ThrListener *self);

THR_AVAILABLE_IN_1_0
const char      *thr_listener_get_name       (ThrListener *self);
THR_AVAILABLE_IN_1_0
int              thr_listener_get_priority   (ThrListener *self);
THR_AVAILABLE_IN_1_0
ThrListenerFlags thr_listener_get_flags      (ThrListener *self);
THR_AVAILABLE_IN_1_0
gboolean         thr_listener_is_listening   (ThrListener *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ThrListener, thr_listener_unref)

G_END_DECLS
