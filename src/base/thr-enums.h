/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <glib-object.h>

#include <thr-glib/thr-version.h>

G_BEGIN_DECLS

/**
 * THR_FOREVER:
 *
 * A time-out that never comes, for every function that takes a time-out in
 * microseconds.
 *
 * It is 2⁵³ − 1 (285 years), so that JavaScript can hold it exactly; a longer
 * time-out means the same.
 *
 * Since: 1.0
 */
#define THR_FOREVER G_GINT64_CONSTANT (9007199254740991)

#define THR_TYPE_EXECUTION_STATE (thr_execution_state_get_type ())
#define THR_TYPE_SHUTDOWN_MODE (thr_shutdown_mode_get_type ())
#define THR_TYPE_QUIT_ANSWER (thr_quit_answer_get_type ())

typedef enum
{
  THR_EXECUTION_STATE_CREATED,
  THR_EXECUTION_STATE_RUNNING,
  THR_EXECUTION_STATE_RETURNED,
  THR_EXECUTION_STATE_EXCEPTION,
  THR_EXECUTION_STATE_FINISHING,
  THR_EXECUTION_STATE_CLOSED,
} ThrExecutionState;

typedef enum
{
  THR_SHUTDOWN_MODE_DRAIN,
  THR_SHUTDOWN_MODE_CANCEL,
  THR_SHUTDOWN_MODE_HALT,
} ThrShutdownMode;

typedef enum
{
  THR_QUIT_ANSWER_STAY,
  THR_QUIT_ANSWER_LATER,
  THR_QUIT_ANSWER_DRAIN,
  THR_QUIT_ANSWER_CANCEL,
} ThrQuitAnswer;

THR_AVAILABLE_IN_1_0
GType thr_execution_state_get_type (void);
THR_AVAILABLE_IN_1_0
GType thr_shutdown_mode_get_type   (void);
THR_AVAILABLE_IN_1_0
GType thr_quit_answer_get_type     (void);

G_END_DECLS
