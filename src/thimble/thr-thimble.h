/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-access.h>
#include <thr-glib/thr-thread-manager.h>

G_BEGIN_DECLS

#define THR_TYPE_THIMBLE (thr_thimble_get_type ())

THR_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (ThrThimble, thr_thimble, THR, THIMBLE, GObject)

/**
 * ThrHookFunc:
 * @thimble: the thimble
 * @access: the member that is used, the arguments, and what to do instead
 * @user_data: (nullable): what was given with the function
 * @error: where to put an error
 *
 * Is called before a member of a thimble is used, on the thread that uses it.
 *
 * Returns: `TRUE` to go on; else it sets an error, which the user of the member
 *   gets
 *
 * Since: 1.0
 */
typedef gboolean (*ThrHookFunc) (ThrThimble *thimble,
                                 ThrAccess  *access,
                                 gpointer    user_data,
                                 GError    **error);

/**
 * ThrSignalFunc:
 * @thimble: the thimble
 * @signal_name: the signal, as it was connected
 * @arguments: (array length=n_arguments) (nullable): what the signal carries,
 *   without the object that emitted it; valid during the call
 * @n_arguments: how many
 * @user_data: (nullable): what was given with the function
 *
 * Is called in the owner context when the target of a thimble has emitted a
 * signal, on whatever thread.
 *
 * Since: 1.0
 */
typedef void (*ThrSignalFunc) (ThrThimble   *thimble,
                               const char   *signal_name,
                               const GValue *arguments,
                               gsize         n_arguments,
                               gpointer      user_data);

THR_AVAILABLE_IN_1_0
ThrThimble        *thr_thimble_new                  (GObject             *target,
                                                     ThrThreadManager    *manager,
                                                     const char * const  *blocking_methods);
THR_AVAILABLE_IN_1_0
ThrThimble        *thr_thimble_new_static           (ThrThreadManager    *manager,
                                                     const char * const  *blocking_functions);
THR_AVAILABLE_IN_1_0
gboolean           thr_thimble_require              (const char          *name,
                                                     const char          *version,
                                                     GError             **error);

THR_AVAILABLE_IN_1_0
void               thr_thimble_call                 (ThrThimble          *self,
                                                     const char          *method,
                                                     const GValue        *arguments,
                                                     gsize                n_arguments,
                                                     GCancellable        *cancellable,
                                                     GAsyncReadyCallback  callback,
                                                     gpointer             user_data);
THR_AVAILABLE_IN_1_0
const GValue      *thr_thimble_call_finish          (ThrThimble          *self,
                                                     GAsyncResult        *result,
                                                     GError             **error);
THR_AVAILABLE_IN_1_0
const GValue      *thr_thimble_call_finish_values   (ThrThimble          *self,
                                                     GAsyncResult        *result,
                                                     gsize               *n_values,
                                                     GError             **error);
THR_AVAILABLE_IN_1_0
ThrThreadWrapper  *thr_thimble_call_thread          (ThrThimble          *self,
                                                     const char          *method,
                                                     const GValue        *arguments,
                                                     gsize                n_arguments,
                                                     GError             **error);
THR_AVAILABLE_IN_1_0
void               thr_thimble_call_now             (ThrThimble          *self,
                                                     const char          *method,
                                                     const GValue        *arguments,
                                                     gsize                n_arguments,
                                                     GCancellable        *cancellable,
                                                     GValue              *value,
                                                     GError             **error);

THR_AVAILABLE_IN_1_0
gboolean           thr_thimble_is_blocking          (ThrThimble          *self,
                                                     const char          *method);
THR_AVAILABLE_IN_1_0
gboolean           thr_thimble_has_method           (ThrThimble          *self,
                                                     const char          *method,
                                                     GError             **error);
THR_AVAILABLE_IN_1_0
char             **thr_thimble_list_methods         (ThrThimble          *self,
                                                     GError             **error);

THR_AVAILABLE_IN_1_0
void               thr_thimble_get_target_property  (ThrThimble          *self,
                                                     const char          *name,
                                                     GValue              *value,
                                                     GError             **error);
THR_AVAILABLE_IN_1_0
gboolean           thr_thimble_set_target_property  (ThrThimble          *self,
                                                     const char          *name,
                                                     const GValue        *value,
                                                     GError             **error);

THR_AVAILABLE_IN_1_0
gulong             thr_thimble_connect_signal       (ThrThimble          *self,
                                                     const char          *signal_name,
                                                     ThrSignalFunc        func,
                                                     gpointer             user_data,
                                                     GDestroyNotify       destroy,
                                                     GError             **error);
THR_AVAILABLE_IN_1_0
gboolean           thr_thimble_disconnect_signal    (ThrThimble          *self,
                                                     gulong               handler);

THR_AVAILABLE_IN_1_0
guint              thr_thimble_add_hook             (ThrThimble          *self,
                                                     const char          *member,
                                                     ThrHookFunc          func,
                                                     gpointer             user_data,
                                                     GDestroyNotify       destroy);
THR_AVAILABLE_IN_1_0
gboolean           thr_thimble_remove_hook          (ThrThimble          *self,
                                                     guint                hook);

THR_AVAILABLE_IN_1_0
GObject           *thr_thimble_get_target           (ThrThimble          *self);
THR_AVAILABLE_IN_1_0
ThrThreadManager  *thr_thimble_get_manager          (ThrThimble          *self);
THR_AVAILABLE_IN_1_0
const char * const *thr_thimble_get_blocking_methods (ThrThimble         *self);
THR_AVAILABLE_IN_1_0
gboolean           thr_thimble_get_serialize_all    (ThrThimble          *self);
THR_AVAILABLE_IN_1_0
void               thr_thimble_set_serialize_all    (ThrThimble          *self,
                                                     gboolean             serialize_all);
THR_AVAILABLE_IN_1_0
gboolean           thr_thimble_get_pack_values      (ThrThimble          *self);

G_END_DECLS
