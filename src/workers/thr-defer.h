/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include <thr-glib/thr-version.h>

G_BEGIN_DECLS

#define THR_TYPE_DEFER (thr_defer_get_type ())
#define THR_TYPE_DEFER_RESOLVER (thr_defer_resolver_get_type ())

typedef struct _ThrDeferResolver ThrDeferResolver;

THR_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (ThrDefer, thr_defer, THR, DEFER, GObject)

THR_AVAILABLE_IN_1_0
ThrDefer         *thr_defer_new              (void);
THR_AVAILABLE_IN_1_0
gboolean          thr_defer_resolve          (ThrDefer            *self,
                                              const GValue        *value);
THR_AVAILABLE_IN_1_0
gboolean          thr_defer_reject           (ThrDefer            *self,
                                              const GError        *failure);
THR_AVAILABLE_IN_1_0
gboolean          thr_defer_is_pending       (ThrDefer            *self);
THR_AVAILABLE_IN_1_0
ThrDeferResolver *thr_defer_dup_resolver     (ThrDefer            *self);
THR_AVAILABLE_IN_1_0
const GValue     *thr_defer_get              (ThrDefer            *self,
                                              gint64               timeout,
                                              GError             **error);
THR_AVAILABLE_IN_1_0
void              thr_defer_get_async        (ThrDefer            *self,
                                              GCancellable        *cancellable,
                                              GAsyncReadyCallback  callback,
                                              gpointer             user_data);
THR_AVAILABLE_IN_1_0
const GValue     *thr_defer_get_finish       (ThrDefer            *self,
                                              GAsyncResult        *result,
                                              GError             **error);

THR_AVAILABLE_IN_1_0
GType             thr_defer_resolver_get_type (void);
THR_AVAILABLE_IN_1_0
ThrDeferResolver *thr_defer_resolver_ref     (ThrDeferResolver    *self);
THR_AVAILABLE_IN_1_0
void              thr_defer_resolver_unref   (ThrDeferResolver    *self);
THR_AVAILABLE_IN_1_0
gboolean          thr_defer_resolver_resolve (ThrDeferResolver    *self,
                                              const GValue        *value);
THR_AVAILABLE_IN_1_0
gboolean          thr_defer_resolver_reject  (ThrDeferResolver    *self,
                                              const GError        *failure);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ThrDeferResolver, thr_defer_resolver_unref)

G_END_DECLS
