/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <stdatomic.h>

/* G_DEFINE_QUARK(), whose variable any thread may set at any time: here they do
 * so atomically. Relaxed, since all find the same number. */
#define THR_DEFINE_QUARK(text, name)                                             \
  GQuark name##_quark (void)                                                     \
  {                                                                              \
    static _Atomic GQuark quark;                                                 \
    GQuark found = atomic_load_explicit (&quark, memory_order_relaxed);          \
                                                                                 \
    if (G_UNLIKELY (found == 0))                                                 \
      {                                                                          \
        found = g_quark_from_static_string (#text);                              \
        atomic_store_explicit (&quark, found, memory_order_relaxed);             \
      }                                                                          \
    return found;                                                                \
  }
