/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* SHA-256, piece by piece. */
typedef struct _Sha256 Sha256;

Sha256 *sha256_new      (void);
void    sha256_add      (Sha256       *self,
                         const guchar *data,
                         gsize         length);
/* The digest of all that was added, in hexadecimal. */
char   *sha256_dup_text (Sha256       *self);
void    sha256_free     (Sha256       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Sha256, sha256_free)

G_END_DECLS
