/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(THR_GLIB_INSIDE) && !defined(THR_GLIB_COMPILATION)
#error "Only <thr-glib/thr-glib.h> can be included directly."
#endif

#include <thr-glib/thr-thread-wrapper.h>

G_BEGIN_DECLS

#define THR_TYPE_ACCESS_KIND (thr_access_kind_get_type ())
#define THR_TYPE_ACCESS (thr_access_get_type ())

typedef enum
{
  THR_ACCESS_KIND_BLOCKING,
  THR_ACCESS_KIND_IMMEDIATE,
  THR_ACCESS_KIND_GET,
  THR_ACCESS_KIND_SET,
} ThrAccessKind;

THR_AVAILABLE_IN_1_0
GType         thr_access_kind_get_type   (void);

THR_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (ThrAccess, thr_access, THR, ACCESS, GObject)

THR_AVAILABLE_IN_1_0
ThrAccessKind thr_access_get_kind        (ThrAccess      *self);
THR_AVAILABLE_IN_1_0
const char   *thr_access_get_member      (ThrAccess      *self);
THR_AVAILABLE_IN_1_0
guint         thr_access_get_n_arguments (ThrAccess      *self);
THR_AVAILABLE_IN_1_0
const GValue *thr_access_get_argument    (ThrAccess      *self,
                                          guint           index);

THR_AVAILABLE_IN_1_0
void          thr_access_set_arguments   (ThrAccess      *self,
                                          const GValue   *arguments,
                                          gsize           n_arguments);
THR_AVAILABLE_IN_1_0
void          thr_access_set_callee      (ThrAccess      *self,
                                          const char     *member);
THR_AVAILABLE_IN_1_0
gboolean      thr_access_set_function    (ThrAccess      *self,
                                          ThrThreadFunc   func,
                                          gpointer        user_data,
                                          GDestroyNotify  destroy,
                                          GError        **error);
THR_AVAILABLE_IN_1_0
void          thr_access_set_result      (ThrAccess      *self,
                                          const GValue   *result);

G_END_DECLS
