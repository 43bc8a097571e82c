/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-thread-wrapper.h>

G_BEGIN_DECLS

/* What a language binding needs once in a process, and an application never. */

/**
 * ThrUnhandledFunc:
 * @thread: (nullable): the job, if it was not one without a handle
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

THR_AVAILABLE_IN_1_0
void thr_add_interrupter    (ThrInterruptFunc  func,
                             gpointer          user_data,
                             GDestroyNotify    destroy);

THR_AVAILABLE_IN_1_0
void thr_add_unhandled_func (ThrUnhandledFunc  func,
                             gpointer          user_data,
                             GDestroyNotify    destroy);

THR_AVAILABLE_IN_1_0
void thr_at_thread_exit     (ThrInvokeFunc     func,
                             gpointer          user_data);

G_END_DECLS
