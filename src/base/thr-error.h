/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <glib-object.h>

#include <thr-glib/thr-version.h>

G_BEGIN_DECLS

#define THR_TYPE_ERROR (thr_error_get_type ())
#define THR_ERROR (thr_error_quark ())

typedef enum
{
  THR_ERROR_FAILED,
  THR_ERROR_STOPPED,
  THR_ERROR_HALTED,
  THR_ERROR_TIMED_OUT,
  THR_ERROR_WOULD_DEADLOCK,
  THR_ERROR_OWNER_GONE,
  THR_ERROR_INVALID_ARGUMENT,
  THR_ERROR_INVALID_STATE,
  THR_ERROR_NO_RESOURCES,
  THR_ERROR_NO_THREADS_FOUND,
  THR_ERROR_THREAD_LIMIT_REACHED,
  THR_ERROR_THREADS_ALREADY_RUNNING,
  THR_ERROR_MANAGER_ALREADY_RUNNING,
  THR_ERROR_WORKER_EXIT,
  THR_ERROR_ABANDONED,
  THR_ERROR_NO_BACKEND,
  THR_ERROR_NO_SUCH_METHOD,
  THR_ERROR_NOT_SUPPORTED,
  THR_ERROR_BUSY,
  THR_ERROR_EXCEPTION,
} ThrError;

THR_AVAILABLE_IN_1_0
GType  thr_error_get_type (void);
THR_AVAILABLE_IN_1_0
GQuark thr_error_quark    (void);

G_END_DECLS
