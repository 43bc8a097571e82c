/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

const char *thr_gettext  (const char *text) G_GNUC_FORMAT (1);
const char *thr_ngettext (const char *singular,
                          const char *plural,
                          gulong      n) G_GNUC_FORMAT (1) G_GNUC_FORMAT (2);

#define _(text) thr_gettext (text)
#define N_(text) (text)

G_END_DECLS
