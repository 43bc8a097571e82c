/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The nearest of the names, or NULL if none is near: for who mistyped one. The
 * library and the modules of the backend have it each. */
const char *thr_nearest_name (const char         *name,
                              const char * const *names);

G_END_DECLS
