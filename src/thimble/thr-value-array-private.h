/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* GValueArray is deprecated in favour of GArray, which no language can read in a
 * value, or make there. These are all the functions of it that are called. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS

static inline GType
thr_value_array_type (void)
{
  return g_value_array_get_type ();
}

static inline GValueArray *
thr_value_array_new (guint n_expected)
{
  return g_value_array_new (n_expected);
}

/* Copies @value; NULL appends one that is of no type. */
static inline void
thr_value_array_append (GValueArray  *self,
                        const GValue *value)
{
  g_value_array_append (self, value);
}

G_GNUC_END_IGNORE_DEPRECATIONS

G_END_DECLS
