/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <glib-object.h>

#include <thr-glib/thr-version.h>

G_BEGIN_DECLS

#define THR_TYPE_EVENT (thr_event_get_type ())

typedef struct _ThrEvent ThrEvent;
typedef struct _ThrWorker ThrWorker;

/**
 * THR_EVENT_STOP_THREAD:
 *
 * Ends a worker once it processes this; see [method@Thr.Worker.stop].
 *
 * Since: 1.0
 */
#define THR_EVENT_STOP_THREAD "STOP_THREAD"
/**
 * THR_EVENT_PAUSE_THREAD:
 *
 * Pauses a worker once it processes this; see [method@Thr.Worker.pause].
 *
 * Since: 1.0
 */
#define THR_EVENT_PAUSE_THREAD "PAUSE_THREAD"
/**
 * THR_EVENT_RESUME_THREAD:
 *
 * Lets a paused worker go on once it processes this; see
 * [method@Thr.Worker.resume].
 *
 * Since: 1.0
 */
#define THR_EVENT_RESUME_THREAD "RESUME_THREAD"
/**
 * THR_EVENT_CHILD_THREAD_START:
 *
 * What a parent hears when a child has started; the target is the child.
 *
 * Since: 1.0
 */
#define THR_EVENT_CHILD_THREAD_START "CHILD_THREAD_START"
/**
 * THR_EVENT_CHILD_THREAD_STOP:
 *
 * What a parent hears when a child was stopped; the target is the child.
 *
 * Since: 1.0
 */
#define THR_EVENT_CHILD_THREAD_STOP "CHILD_THREAD_STOP"
/**
 * THR_EVENT_CHILD_THREAD_ERROR:
 *
 * What a parent hears when a child has failed; the value is its
 * [struct@GLib.Error], the target is the child.
 *
 * Since: 1.0
 */
#define THR_EVENT_CHILD_THREAD_ERROR "CHILD_THREAD_ERROR"
/**
 * THR_EVENT_CHILD_THREAD_DONE:
 *
 * What a parent hears when the function of a child has returned; the value is
 * its result, the target is the child.
 *
 * Since: 1.0
 */
#define THR_EVENT_CHILD_THREAD_DONE "CHILD_THREAD_DONE"
/**
 * THR_EVENT_CHILD_THREAD_END:
 *
 * What a parent hears after one of the three ways in which a child ends; the
 * value is the child's error or its result, the target is the child.
 *
 * Since: 1.0
 */
#define THR_EVENT_CHILD_THREAD_END "CHILD_THREAD_END"
/**
 * THR_EVENT_LISTENER_ERROR:
 *
 * What a worker and its ancestors hear when one of its listeners has failed;
 * the value is the [struct@GLib.Error], the target is the listener's worker.
 *
 * Since: 1.0
 */
#define THR_EVENT_LISTENER_ERROR "LISTENER_ERROR"
/**
 * THR_EVENT_EVENT_REJECT:
 *
 * What comes back to a worker that fired an event at one that is not running;
 * the value is the [struct@Thr.Event], the target is the one that is not
 * running.
 *
 * Since: 1.0
 */
#define THR_EVENT_EVENT_REJECT "EVENT_REJECT"
/**
 * THR_EVENT_EXECUTE:
 *
 * What a worker hears when it has run a function of [method@Thr.Worker.later].
 *
 * Since: 1.0
 */
#define THR_EVENT_EXECUTE "EXECUTE"
/**
 * THR_EVENT_WAIT_THREAD_PENDING:
 *
 * What a worker hears when another, the target, begins to wait for its end.
 *
 * Since: 1.0
 */
#define THR_EVENT_WAIT_THREAD_PENDING "WAIT_THREAD_PENDING"
/**
 * THR_EVENT_WAIT_THREAD_PENDING_DONE:
 *
 * What a worker hears when the one that it waits for, the target, has ended.
 *
 * Since: 1.0
 */
#define THR_EVENT_WAIT_THREAD_PENDING_DONE "WAIT_THREAD_PENDING_DONE"
/**
 * THR_EVENT_DEFER_FULFILL:
 *
 * What a worker hears when a defer that it waits for is resolved or rejected.
 *
 * Since: 1.0
 */
#define THR_EVENT_DEFER_FULFILL "DEFER_FULFILL"

THR_AVAILABLE_IN_1_0
GType         thr_event_get_type      (void);

THR_AVAILABLE_IN_1_0
ThrEvent     *thr_event_new           (const char   *name,
                                       const GValue *value);
THR_AVAILABLE_IN_1_0
ThrEvent     *thr_event_new_full      (const char   *name,
                                       const GValue *value,
                                       ThrWorker    *target,
                                       gboolean      bubble,
                                       gboolean      broadcast);
THR_AVAILABLE_IN_1_0
ThrEvent     *thr_event_ref           (ThrEvent     *self);
THR_AVAILABLE_IN_1_0
void          thr_event_unref         (ThrEvent     *self);

THR_AVAILABLE_IN_1_0
const char   *thr_event_get_name      (ThrEvent     *self);
THR_AVAILABLE_IN_1_0
const GValue *thr_event_get_value     (ThrEvent     *self);
THR_AVAILABLE_IN_1_0
ThrWorker    *thr_event_get_target    (ThrEvent     *self);
THR_AVAILABLE_IN_1_0
gboolean      thr_event_get_bubble    (ThrEvent     *self);
THR_AVAILABLE_IN_1_0
gboolean      thr_event_get_broadcast (ThrEvent     *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ThrEvent, thr_event_unref)

G_END_DECLS
