/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include <thr-glib/thr-enums.h>
#include <thr-glib/thr-listener.h>

G_BEGIN_DECLS

#define THR_TYPE_WORKER (thr_worker_get_type ())
#define THR_TYPE_DAEMON (thr_daemon_get_type ())

typedef enum
{
  THR_DAEMON_INHERIT,
  THR_DAEMON_NO,
  THR_DAEMON_YES,
} ThrDaemon;

/* What G_DECLARE_DERIVABLE_TYPE declares, but for the instance: what keeps it
 * to its owner context stands right behind the parent instance. */
typedef struct _ThrWorkerClass ThrWorkerClass;

struct _ThrWorker
{
  /*< private >*/
  GObject parent_instance;
  gpointer reserved[7];
};

/**
 * ThrWorkerClass:
 * @parent_class: the class of the parent type
 * @run: what the worker does, on its own thread; by default it calls the
 *   function that the worker was made with, or waits for ever
 *
 * The class of workers.
 *
 * Since: 1.0
 */
struct _ThrWorkerClass
{
  GObjectClass parent_class;

  /**
   * ThrWorkerClass::run:
   * @self: the worker
   * @error: where to put an error
   *
   * What the worker does, on its own thread, as a [callback@Thr.WorkerFunc].
   *
   * Returns: `TRUE` if it succeeded
   *
   * Since: 1.0
   */
  gboolean (*run) (ThrWorker *self,
                   GError   **error);

  /*< private >*/
  gpointer padding[8];
};

/**
 * ThrWorkerFunc:
 * @worker: the worker
 * @user_data: (nullable): what was given with the function
 * @error: where to put an error
 *
 * The function of a worker. It runs on the worker's thread.
 *
 * Where a wait returns `FALSE` with `THR_ERROR_WORKER_EXIT`, it cleans up and
 * returns `FALSE` with that same error. It gives a result with
 * [method@Thr.Worker.return_value].
 *
 * Returns: `TRUE` if it succeeded
 *
 * Since: 1.0
 */
typedef gboolean (*ThrWorkerFunc) (ThrWorker *worker,
                                   gpointer   user_data,
                                   GError   **error);

/**
 * ThrLaterFunc:
 * @worker: the worker, on whose thread this runs
 * @user_data: (nullable): what was given with the function
 *
 * What [method@Thr.Worker.later] calls.
 *
 * Since: 1.0
 */
typedef void (*ThrLaterFunc) (ThrWorker *worker,
                              gpointer   user_data);

/**
 * ThrEventPredicate:
 * @event: an event that was just heard
 * @user_data: (nullable): what was given with the function
 *
 * What [method@Thr.Worker.wait_until] asks, on the worker's thread.
 *
 * Returns: `TRUE` if this is what is waited for
 *
 * Since: 1.0
 */
typedef gboolean (*ThrEventPredicate) (ThrEvent *event,
                                       gpointer  user_data);

THR_AVAILABLE_IN_1_0
GType        thr_worker_get_type           (void);
THR_AVAILABLE_IN_1_0
GType        thr_daemon_get_type           (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ThrWorker, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ThrWorkerClass, g_type_class_unref)

static inline ThrWorker *
THR_WORKER (gpointer ptr)
{
  return G_TYPE_CHECK_INSTANCE_CAST (ptr, thr_worker_get_type (), ThrWorker);
}

static inline ThrWorkerClass *
THR_WORKER_CLASS (gpointer ptr)
{
  return G_TYPE_CHECK_CLASS_CAST (ptr, thr_worker_get_type (), ThrWorkerClass);
}

static inline gboolean
THR_IS_WORKER (gpointer ptr)
{
  return G_TYPE_CHECK_INSTANCE_TYPE (ptr, thr_worker_get_type ());
}

static inline gboolean
THR_IS_WORKER_CLASS (gpointer ptr)
{
  return G_TYPE_CHECK_CLASS_TYPE (ptr, thr_worker_get_type ());
}

static inline ThrWorkerClass *
THR_WORKER_GET_CLASS (gpointer ptr)
{
  return G_TYPE_INSTANCE_GET_CLASS (ptr, thr_worker_get_type (), ThrWorkerClass);
}

THR_AVAILABLE_IN_1_0
ThrWorker   *thr_worker_new                (const char        *name,
                                            ThrWorkerFunc      func,
                                            gpointer           user_data,
                                            GDestroyNotify     destroy);

/* Its threads: which is which. */
THR_AVAILABLE_IN_1_0
ThrWorker   *thr_worker_main               (void);
THR_AVAILABLE_IN_1_0
ThrWorker   *thr_worker_current            (void);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_is_main            (void);

/* Properties. */
THR_AVAILABLE_IN_1_0
char        *thr_worker_dup_name           (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
void         thr_worker_set_name           (ThrWorker         *self,
                                            const char        *name);
THR_AVAILABLE_IN_1_0
ThrWorker   *thr_worker_dup_parent         (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_set_parent         (ThrWorker         *self,
                                            ThrWorker         *parent,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
ThrDaemon    thr_worker_get_daemon         (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_set_daemon         (ThrWorker         *self,
                                            ThrDaemon          daemon,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_is_daemon          (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
void         thr_worker_set_quiet          (ThrWorker         *self,
                                            gboolean           quiet);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_is_running         (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_is_paused          (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
GPtrArray   *thr_worker_dup_children       (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
GListModel  *thr_worker_get_children_model (ThrWorker         *self);

/* Its life. */
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_start              (ThrWorker         *self,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_start_overlay      (ThrWorker         *self,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
void         thr_worker_stop               (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
void         thr_worker_pause              (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
void         thr_worker_resume             (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_join               (ThrWorker         *self,
                                            gint64             timeout,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_return_value       (ThrWorker         *self,
                                            const GValue      *value,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_get_result         (ThrWorker         *self,
                                            GValue            *result);
THR_AVAILABLE_IN_1_0
GError      *thr_worker_dup_error          (ThrWorker         *self);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_later              (ThrWorker         *self,
                                            gint64             delay,
                                            GCancellable      *cancellable,
                                            ThrLaterFunc       func,
                                            gpointer           user_data,
                                            GDestroyNotify     destroy,
                                            GError           **error);

/* Events. */
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_fire               (ThrWorker         *self,
                                            const char        *name,
                                            const GValue      *value,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
void         thr_worker_fire_event         (ThrWorker         *self,
                                            ThrEvent          *event);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_parent_fire        (ThrWorker         *self,
                                            const char        *name,
                                            const GValue      *value,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_children_fire      (ThrWorker         *self,
                                            const char        *name,
                                            const GValue      *value,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_bubble             (ThrWorker         *self,
                                            const char        *name,
                                            const GValue      *value,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_broadcast          (ThrWorker         *self,
                                            const char        *name,
                                            const GValue      *value,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
void         thr_worker_listen             (ThrWorker         *self,
                                            const char        *name,
                                            ThrListenerFunc    func,
                                            gpointer           user_data,
                                            GDestroyNotify     destroy);
THR_AVAILABLE_IN_1_0
ThrListener *thr_worker_listen_full        (ThrWorker         *self,
                                            const char        *name,
                                            int                priority,
                                            ThrListenerFlags   flags,
                                            ThrWorker         *target,
                                            ThrListenerFunc    func,
                                            gpointer           user_data,
                                            GDestroyNotify     destroy);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_unlisten           (ThrWorker         *self,
                                            ThrListener       *listener);

/* Break points: on the worker's own thread only. */
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_update             (ThrWorker         *self,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_wait_timeout       (ThrWorker         *self,
                                            gint64             timeout,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_wait_forever       (ThrWorker         *self,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_wait_worker        (ThrWorker         *self,
                                            ThrWorker         *other,
                                            gint64             timeout,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
ThrEvent    *thr_worker_wait_event         (ThrWorker         *self,
                                            const char        *name,
                                            gint64             timeout,
                                            ThrWorker         *target,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
ThrEvent    *thr_worker_wait_until         (ThrWorker         *self,
                                            gint64             timeout,
                                            ThrEventPredicate  predicate,
                                            gpointer           user_data,
                                            GError           **error);
THR_AVAILABLE_IN_1_0
gboolean     thr_worker_exit               (ThrWorker         *self,
                                            GError           **error);

G_END_DECLS
