/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "checksum-sha256.h"

#ifdef HAVE_NETTLE

#include <nettle/base16.h>
#include <nettle/sha2.h>

struct _Sha256
{
  struct sha256_ctx context;
};

Sha256 *
sha256_new (void)
{
  Sha256 *self = g_new (Sha256, 1);

  sha256_init (&self->context);
  return self;
}

void
sha256_add (Sha256       *self,
            const guchar *data,
            gsize         length)
{
  sha256_update (&self->context, length, data);
}

char *
sha256_dup_text (Sha256 *self)
{
  guint8 digest[SHA256_DIGEST_SIZE];
  char *text = g_malloc0 (BASE16_ENCODE_LENGTH (sizeof digest) + 1);

  sha256_digest (&self->context, sizeof digest, digest);
  base16_encode_update (text, sizeof digest, digest);
  return text;
}

void
sha256_free (Sha256 *self)
{
  g_free (self);
}

#else /* GLib alone */

struct _Sha256
{
  GChecksum *checksum;
};

Sha256 *
sha256_new (void)
{
  Sha256 *self = g_new (Sha256, 1);

  self->checksum = g_checksum_new (G_CHECKSUM_SHA256);
  return self;
}

void
sha256_add (Sha256       *self,
            const guchar *data,
            gsize         length)
{
  g_checksum_update (self->checksum, data, length);
}

char *
sha256_dup_text (Sha256 *self)
{
  return g_strdup (g_checksum_get_string (self->checksum));
}

void
sha256_free (Sha256 *self)
{
  g_checksum_free (self->checksum);
  g_free (self);
}

#endif
