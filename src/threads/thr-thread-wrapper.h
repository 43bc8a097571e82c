/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include <thr-glib/thr-enums.h>

G_BEGIN_DECLS

#define THR_TYPE_THREAD_WRAPPER (thr_thread_wrapper_get_type ())

THR_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (ThrThreadWrapper, thr_thread_wrapper, THR, THREAD_WRAPPER, GObject)

typedef struct _ThrThreadManager ThrThreadManager;

/**
 * ThrThreadFunc:
 * @thread: the job
 * @user_data: (nullable): what was given with the function
 * @error: where to put an error
 *
 * The function of a job. It runs on a background thread.
 *
 * It gives its result with [method@Thr.ThreadWrapper.return_value] or one of
 * its like, and returns `TRUE`; or it sets an error and returns `FALSE`. Without
 * an error, `FALSE` is `THR_ERROR_FAILED`.
 *
 * [method@Thr.ThreadWrapper.invoke_sync] calls one in the owner context.
 *
 * Returns: `TRUE` if it succeeded
 *
 * Since: 1.0
 */
typedef gboolean (*ThrThreadFunc) (ThrThreadWrapper *thread,
                                   gpointer          user_data,
                                   GError          **error);

/**
 * ThrSuccessFunc:
 * @thread: the job
 * @result: (nullable): what it gave, if anything; valid as long as the job
 * @user_data: (nullable): what was given with the function
 *
 * Is called in the owner context when a job succeeded.
 *
 * Since: 1.0
 */
typedef void (*ThrSuccessFunc) (ThrThreadWrapper *thread,
                                const GValue     *result,
                                gpointer          user_data);

/**
 * ThrFailFunc:
 * @thread: the job
 * @failure: why; valid as long as the job
 * @user_data: (nullable): what was given with the function
 *
 * Is called in the owner context when a job failed.
 *
 * Since: 1.0
 */
typedef void (*ThrFailFunc) (ThrThreadWrapper *thread,
                             const GError     *failure,
                             gpointer          user_data);

/**
 * ThrEndFunc:
 * @thread: the job
 * @user_data: (nullable): what was given with the function
 *
 * Is called in the owner context at the end of a job, however it ended.
 *
 * Since: 1.0
 */
typedef void (*ThrEndFunc) (ThrThreadWrapper *thread,
                            gpointer          user_data);

/**
 * ThrInvokeFunc:
 * @user_data: (nullable): what was given with the function
 *
 * Is called in the owner context of a job, for its function.
 *
 * Since: 1.0
 */
typedef void (*ThrInvokeFunc) (gpointer user_data);

/**
 * ThrInterruptFunc:
 * @thread: the job
 * @user_data: (nullable): what was given with the function
 *
 * Stops the running function of a job. It is called on any thread.
 *
 * Since: 1.0
 */
typedef void (*ThrInterruptFunc) (ThrThreadWrapper *thread,
                                  gpointer          user_data);

THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_wrapper_new                (const char       *name,
                                                         ThrThreadFunc     func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);
THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_thread_wrapper_get_current        (void);

THR_AVAILABLE_IN_1_0
const char       *thr_thread_wrapper_get_ident          (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
char             *thr_thread_wrapper_dup_name           (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_name           (ThrThreadWrapper *self,
                                                         const char       *name);
THR_AVAILABLE_IN_1_0
ThrExecutionState thr_thread_wrapper_get_execution_state (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
ThrExecutionState thr_thread_wrapper_get_finished_with  (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_get_status         (ThrThreadWrapper *self,
                                                         GValue           *status);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_status         (ThrThreadWrapper *self,
                                                         const GValue     *status);
THR_AVAILABLE_IN_1_0
double            thr_thread_wrapper_get_progress       (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_progress       (ThrThreadWrapper *self,
                                                         double            progress);
THR_AVAILABLE_IN_1_0
char             *thr_thread_wrapper_dup_message        (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_message        (ThrThreadWrapper *self,
                                                         const char       *message);
THR_AVAILABLE_IN_1_0
int               thr_thread_wrapper_get_priority       (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_priority       (ThrThreadWrapper *self,
                                                         int               priority);
THR_AVAILABLE_IN_1_0
GCancellable     *thr_thread_wrapper_get_cancellable    (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_follow_cancellable (ThrThreadWrapper *self,
                                                         GCancellable     *cancellable,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_get_paused         (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_get_halted         (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
ThrThreadManager *thr_thread_wrapper_dup_manager        (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gint64            thr_thread_wrapper_get_created_at     (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gint64            thr_thread_wrapper_get_started_at     (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gint64            thr_thread_wrapper_get_ended_at       (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
const GValue     *thr_thread_wrapper_get_result         (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
const GError     *thr_thread_wrapper_get_error          (ThrThreadWrapper *self);

THR_AVAILABLE_IN_1_0
char             *thr_thread_wrapper_dup_fraction_text  (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gint64            thr_thread_wrapper_get_elapsed        (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gint64            thr_thread_wrapper_get_remaining      (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_get_can_pause      (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_get_can_cancel     (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_get_finished       (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
char            **thr_thread_wrapper_dup_tags           (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_tags           (ThrThreadWrapper   *self,
                                                         const char * const *tags);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_has_tag            (ThrThreadWrapper *self,
                                                         const char       *tag);

THR_AVAILABLE_IN_1_0
GListModel       *thr_thread_wrapper_get_items          (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_emit_item          (ThrThreadWrapper *self,
                                                         GObject          *item);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_bind_to            (ThrThreadWrapper *self,
                                                         GObject          *object);

THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_on_success     (ThrThreadWrapper *self,
                                                         ThrSuccessFunc    func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_on_fail        (ThrThreadWrapper *self,
                                                         ThrFailFunc       func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_on_end         (ThrThreadWrapper *self,
                                                         ThrEndFunc        func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);

THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_return_value       (ThrThreadWrapper *self,
                                                         const GValue     *value,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_return_boolean     (ThrThreadWrapper *self,
                                                         gboolean          value,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_return_int         (ThrThreadWrapper *self,
                                                         gint64            value,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_return_double      (ThrThreadWrapper *self,
                                                         double            value,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_return_string      (ThrThreadWrapper *self,
                                                         const char       *value,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_return_object      (ThrThreadWrapper *self,
                                                         GObject          *value,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_return_variant     (ThrThreadWrapper *self,
                                                         GVariant         *value,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_return_error       (ThrThreadWrapper *self,
                                                         const GError     *failure,
                                                         GError          **error);

THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_checkpoint         (ThrThreadWrapper *self,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_cancel             (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_halt               (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_pause              (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_resume             (ThrThreadWrapper *self);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_set_interrupter    (ThrThreadWrapper *self,
                                                         ThrInterruptFunc  func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy);

THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_join               (ThrThreadWrapper *self,
                                                         gint64            timeout,
                                                         GCancellable     *cancellable,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
void              thr_thread_wrapper_wait_async         (ThrThreadWrapper    *self,
                                                         GCancellable        *cancellable,
                                                         GAsyncReadyCallback  callback,
                                                         gpointer             user_data);
THR_AVAILABLE_IN_1_0
const GValue     *thr_thread_wrapper_wait_finish        (ThrThreadWrapper *self,
                                                         GAsyncResult     *result,
                                                         GError          **error);

THR_AVAILABLE_IN_1_0
gboolean          thr_thread_wrapper_invoke_sync        (ThrThreadWrapper *self,
                                                         ThrThreadFunc     func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy,
                                                         GError          **error);
THR_AVAILABLE_IN_1_0
gboolean          thr_invoke_owner                      (ThrInvokeFunc     func,
                                                         gpointer          user_data,
                                                         GDestroyNotify    destroy,
                                                         GError          **error);

G_END_DECLS
