/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-thread-manager.h>

G_BEGIN_DECLS

/* What language bindings need, and applications do not. */

#define THR_TYPE_PHASE (thr_phase_get_type ())

/**
 * ThrUnhandledFunc:
 * @thread: (nullable): the job, or `NULL` for one that has no handle
 * @failure: why it failed
 * @user_data: (nullable): what was given with the function
 *
 * Reports a failure that nobody handled. It is called in the owner context of
 * the manager, or of the job where the manager is gone.
 *
 * Returns: `TRUE` if it was reported
 *
 * Since: 1.0
 */
typedef gboolean (*ThrUnhandledFunc) (ThrThreadWrapper *thread,
                                      const GError     *failure,
                                      gpointer          user_data);

typedef enum
{
  THR_PHASE_RUN = 0,
  THR_PHASE_SUCCESS = 1 << 0,
  THR_PHASE_FAIL = 1 << 1,
  THR_PHASE_END = 1 << 2,
} ThrPhase;

/**
 * ThrPhaseFunc:
 * @thread: the job
 * @phase: which of the [flags@Thr.Phase] this is
 * @user_data: (nullable): what was given with the function
 * @error: where to put an error
 *
 * The function of a job and its callbacks in one.
 *
 * It runs on a background thread with `THR_PHASE_RUN`, as a
 * [callback@Thr.ThreadFunc], and in the owner context with the others.
 *
 * Returns: with `THR_PHASE_RUN`, `TRUE` if it succeeded; else it is ignored
 *
 * Since: 1.0
 */
typedef gboolean (*ThrPhaseFunc) (ThrThreadWrapper *thread,
                                  guint             phase,
                                  gpointer          user_data,
                                  GError          **error);

THR_AVAILABLE_IN_1_0
GType             thr_phase_get_type             (void);

THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_wrapper_new_phased  (const char       *name,
                                                  ThrPhase          phases,
                                                  ThrPhaseFunc      func,
                                                  gpointer          user_data,
                                                  GDestroyNotify    destroy);

THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_manager_do_phased   (ThrThreadManager *self,
                                                  const char       *name,
                                                  ThrPhase          phases,
                                                  ThrPhaseFunc      func,
                                                  gpointer          user_data,
                                                  GDestroyNotify    destroy);

THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_report_unhandled (ThrThreadWrapper *self);

THR_AVAILABLE_IN_1_0
void              thr_add_interrupter            (ThrInterruptFunc  func,
                                                  gpointer          user_data,
                                                  GDestroyNotify    destroy);

THR_AVAILABLE_IN_1_0
void              thr_add_unhandled_func         (ThrUnhandledFunc  func,
                                                  gpointer          user_data,
                                                  GDestroyNotify    destroy);

THR_AVAILABLE_IN_1_0
void              thr_at_thread_exit             (ThrInvokeFunc     func,
                                                  gpointer          user_data);

G_END_DECLS
