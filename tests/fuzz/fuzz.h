/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <thr-glib/thr-glib.h>

G_BEGIN_DECLS

/* Tries one input; called by libFuzzer, or for each file of the corpus. */
int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

G_END_DECLS
