/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-thread-wrapper.h>

G_BEGIN_DECLS

#define THR_TYPE_THREAD_MANAGER (thr_thread_manager_get_type ())

THR_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (ThrThreadManager, thr_thread_manager, THR, THREAD_MANAGER, GObject)

/**
 * ThrSliceFunc:
 * @thread: the job
 * @user_data: (nullable): what was given with the function
 * @error: where to put an error
 *
 * One step of a sliced job. It runs in the owner context.
 *
 * The last one gives the result, if there is one, with
 * [method@Thr.ThreadWrapper.return_value] or one of its like, or sets an error.
 *
 * Returns: `TRUE` (`G_SOURCE_CONTINUE`) to be called again, `FALSE` when the work
 *   is done
 *
 * Since: 1.0
 */
typedef gboolean (*ThrSliceFunc) (ThrThreadWrapper *thread,
                                  gpointer          user_data,
                                  GError          **error);

/**
 * ThrPushFunc: (skip)
 * @user_data: (nullable): what was given with the function
 * @error: where to put an error
 *
 * A function for thr_thread_manager_push(). It runs on a background
 * thread.
 *
 * Returns: `TRUE` if it succeeded; else it sets an error
 *
 * Since: 1.0
 */
typedef gboolean (*ThrPushFunc) (gpointer user_data,
                                 GError **error);

/**
 * ThrPushDoneFunc: (skip)
 * @failure: (nullable): why the function failed, if it did
 * @user_data: (nullable): what was given with the function
 *
 * Is called in the owner context when a function that was pushed is done.
 *
 * Since: 1.0
 */
typedef void (*ThrPushDoneFunc) (const GError *failure,
                                 gpointer      user_data);

THR_AVAILABLE_IN_1_0
ThrThreadManager *thr_thread_manager_new                (void);
THR_AVAILABLE_IN_1_0
ThrThreadManager *thr_thread_manager_get_default        (void);

THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_manager_do_async           (ThrThreadManager *self,
                                                         const char       *name,
                                                         ThrThreadFunc     func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);
THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_manager_do_async_full      (ThrThreadManager *self,
                                                         const char       *name,
                                                         ThrThreadFunc     func,
                                                         GCancellable     *cancellable,
                                                         ThrSuccessFunc    on_success,
                                                         ThrFailFunc       on_fail,
                                                         ThrEndFunc        on_end,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_push               (ThrThreadManager *self,
                                                         ThrPushFunc       func,
                                                         ThrPushDoneFunc   done,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);
THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_manager_do_sliced          (ThrThreadManager *self,
                                                         const char       *name,
                                                         ThrSliceFunc      func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);
THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_manager_do_manual          (ThrThreadManager *self,
                                                         const char       *name);

THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_submit             (ThrThreadManager  *self,
                                                         ThrThreadWrapper  *thread,
                                                         GError           **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_submit_many        (ThrThreadManager  *self,
                                                         ThrThreadWrapper **threads,
                                                         gsize              n_threads,
                                                         GError           **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_append             (ThrThreadManager  *self,
                                                         ThrThreadWrapper  *thread,
                                                         GError           **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_run                (ThrThreadManager  *self,
                                                         GError           **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_watch              (ThrThreadManager  *self,
                                                         GError           **error);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_stop_listening     (ThrThreadManager  *self);

THR_AVAILABLE_IN_1_0
void              thr_thread_manager_start              (ThrThreadManager    *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_stop               (ThrThreadManager    *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_halt               (ThrThreadManager    *self,
                                                         gint64               timeout,
                                                         GError             **error);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_shutdown_async     (ThrThreadManager    *self,
                                                         ThrShutdownMode      mode,
                                                         gint64               timeout,
                                                         GCancellable        *cancellable,
                                                         GAsyncReadyCallback  callback,
                                                         gpointer             user_data);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_shutdown_finish    (ThrThreadManager    *self,
                                                         GAsyncResult        *result,
                                                         GError             **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_wait_idle          (ThrThreadManager    *self,
                                                         gint64               timeout,
                                                         GCancellable        *cancellable,
                                                         GError             **error);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_wait_idle_async    (ThrThreadManager    *self,
                                                         GCancellable        *cancellable,
                                                         GAsyncReadyCallback  callback,
                                                         gpointer             user_data);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_wait_idle_finish   (ThrThreadManager    *self,
                                                         GAsyncResult        *result,
                                                         GError             **error);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_attach_application (ThrThreadManager    *self,
                                                         GApplication        *application);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_request_quit       (ThrThreadManager    *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_answer_quit        (ThrThreadManager    *self,
                                                         ThrQuitAnswer        answer);

THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_manager_lookup             (ThrThreadManager *self,
                                                         const char       *ident);
THR_AVAILABLE_IN_1_0
GPtrArray        *thr_thread_manager_dup_jobs           (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_manager_get                (ThrThreadManager *self,
                                                         guint             index);
THR_AVAILABLE_IN_1_0
guint             thr_thread_manager_get_size           (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
GListModel       *thr_thread_manager_get_history        (ThrThreadManager *self);

THR_AVAILABLE_IN_1_0
const char       *thr_thread_manager_get_uid            (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
char             *thr_thread_manager_dup_name           (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_set_name           (ThrThreadManager *self,
                                                         const char       *name);
THR_AVAILABLE_IN_1_0
guint             thr_thread_manager_get_thread_limit   (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_set_thread_limit   (ThrThreadManager *self,
                                                         guint             thread_limit,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_get_paused         (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_set_paused         (ThrThreadManager *self,
                                                         gboolean          paused);
THR_AVAILABLE_IN_1_0
guint             thr_thread_manager_get_keep_finished  (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_manager_set_keep_finished  (ThrThreadManager *self,
                                                         guint             keep_finished);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_get_started        (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
guint             thr_thread_manager_get_n_queued       (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
guint             thr_thread_manager_get_n_running      (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_manager_get_busy           (ThrThreadManager *self);
THR_AVAILABLE_IN_1_0
double            thr_thread_manager_get_progress       (ThrThreadManager *self);

THR_AVAILABLE_IN_1_0
gboolean          thr_shutdown                          (ThrShutdownMode   mode,
                                                         gint64            timeout,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
char             *thr_generate_uid                      (const char       *delimiter);

G_END_DECLS
