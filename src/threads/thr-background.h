/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-thread-manager.h>

G_BEGIN_DECLS

#define THR_TYPE_BACKGROUND (thr_background_get_type ())

THR_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (ThrBackground, thr_background, THR, BACKGROUND, GObject)

/**
 * ThrBackgroundFunc:
 * @thread: the job
 * @arguments: (array length=n_arguments) (nullable): what the call gave; valid
 *   until the job is `CLOSED`
 * @n_arguments: how many
 * @user_data: (nullable): what was given with the function
 * @error: where to put an error
 *
 * The function of a [class@Thr.Background]. It runs on a background thread, and
 * ends as a [callback@Thr.ThreadFunc] does.
 *
 * Returns: `TRUE` if it succeeded
 *
 * Since: 1.0
 */
typedef gboolean (*ThrBackgroundFunc) (ThrThreadWrapper *thread,
                                       const GValue     *arguments,
                                       gsize             n_arguments,
                                       gpointer          user_data,
                                       GError          **error);

THR_AVAILABLE_IN_1_0
ThrBackground    *thr_background_new            (ThrThreadManager  *manager,
                                                 ThrBackgroundFunc  func,
                                                 gpointer           user_data,
                                                 GDestroyNotify     destroy);
THR_AVAILABLE_IN_1_0
ThrThreadWrapper *thr_background_call           (ThrBackground     *self,
                                                 const GValue      *arguments,
                                                 gsize              n_arguments);

THR_AVAILABLE_IN_1_0
ThrThreadManager *thr_background_get_manager    (ThrBackground     *self);
THR_AVAILABLE_IN_1_0
char             *thr_background_dup_name       (ThrBackground     *self);
THR_AVAILABLE_IN_1_0
void              thr_background_set_name       (ThrBackground     *self,
                                                 const char        *name);
THR_AVAILABLE_IN_1_0
int               thr_background_get_priority   (ThrBackground     *self);
THR_AVAILABLE_IN_1_0
void              thr_background_set_priority   (ThrBackground     *self,
                                                 int                priority);
THR_AVAILABLE_IN_1_0
void              thr_background_set_on_success (ThrBackground     *self,
                                                 ThrSuccessFunc     func,
                                                 gpointer           user_data,
                                                 GDestroyNotify     destroy);
THR_AVAILABLE_IN_1_0
void              thr_background_set_on_fail    (ThrBackground     *self,
                                                 ThrFailFunc        func,
                                                 gpointer           user_data,
                                                 GDestroyNotify     destroy);
THR_AVAILABLE_IN_1_0
void              thr_background_set_on_end     (ThrBackground     *self,
                                                 ThrEndFunc         func,
                                                 gpointer           user_data,
                                                 GDestroyNotify     destroy);

G_END_DECLS
