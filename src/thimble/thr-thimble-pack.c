/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

/* Values for a language whose numbers are doubles: what such a language would
 * round, or could not tell from something else, is packed in a GVariant, which it
 * reads as it likes. */

static void
take_packed (GValue   *value,
             GVariant *variant)
{
  g_value_unset (value);
  g_value_init (value, G_TYPE_VARIANT);
  g_value_set_variant (value, variant);
}

/* In place; IS_CONTAINER: where it is a variant, it stands for a list. */
void
thr_thimble_pack (ThrThimble *self,
                  GValue     *value,
                  gboolean    is_container)
{
  GVariant *variant;

  if (!self->pack_values || !THR_VALUE_IS_SET (value))
    return;

  if (G_VALUE_HOLDS_INT64 (value))
    take_packed (value, g_variant_new_int64 (g_value_get_int64 (value)));
  else if (G_VALUE_HOLDS_UINT64 (value))
    take_packed (value, g_variant_new_uint64 (g_value_get_uint64 (value)));
  else if (G_VALUE_HOLDS_LONG (value))
    take_packed (value, g_variant_new_int64 (g_value_get_long (value)));
  else if (G_VALUE_HOLDS_ULONG (value))
    take_packed (value, g_variant_new_uint64 (g_value_get_ulong (value)));
  else if (G_VALUE_HOLDS_VARIANT (value) && !is_container)
    {
      variant = g_value_get_variant (value);
      if (variant != NULL)
        take_packed (value, g_variant_new_variant (variant));
    }
}

/* Puts a copy there, as thr_value_give() does, and packs it. */
void
thr_thimble_give (ThrThimble   *self,
                  GValue       *place,
                  const GValue *value)
{
  thr_value_give (place, value);
  thr_thimble_pack (self, place, FALSE);
}

/* Calls a method on this thread; its results are packed where that is wanted. */
gboolean
thr_thimble_invoke (ThrThimble       *self,
                    const ThrBackend *backend,
                    ThrCallData      *data,
                    GError          **error)
{
  const GValue *values;
  guint n_values = 0;

  if (!backend->invoke (data, error))
    return FALSE;
  if (!self->pack_values)
    return TRUE;

  /* Nobody else has seen them yet. */
  values = backend->results (data, &n_values);
  for (guint i = 0; i < n_values; i++)
    thr_thimble_pack (self, (GValue *) &values[i], backend->is_container (data, i));
  return TRUE;
}

/**
 * thr_thimble_get_pack_values: (get-property pack-values)
 * @self: a thimble
 *
 * Whether values come packed, as [property@Thr.Thimble:pack-values] says.
 *
 * Returns: `TRUE` if they do
 *
 * Since: 1.0
 */
gboolean
thr_thimble_get_pack_values (ThrThimble *self)
{
  g_return_val_if_fail (THR_IS_THIMBLE (self), FALSE);

  return self->pack_values;
}
