/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tt-backend.h"

#include "thimble/thr-value-array-private.h"

#include <gmodule.h>
#include <string.h>

const ThrBackend *
tt_backend_load (void)
{
  static const ThrBackend *backend;
  ThrBackendGetFunc get;
  GModule *module;

  if (backend != NULL)
    return backend;

  module = g_module_open (g_getenv ("THR_TEST_BACKEND"), G_MODULE_BIND_LOCAL);
  if (module == NULL)
    g_error ("%s", g_module_error ());
  g_module_make_resident (module);
  g_assert_true (g_module_symbol (module, THR_BACKEND_SYMBOL, (gpointer *) &get));
  backend = get ();
  g_assert_cmpuint (backend->version, ==, THR_BACKEND_VERSION);

  return backend;
}

static void
assert_dictionaries (const char *what,
                     GVariant   *value,
                     GVariant   *expected)
{
  GVariantIter iter;
  GVariant *entry;

  g_assert_cmpuint (g_variant_n_children (value), ==, g_variant_n_children (expected));
  g_variant_iter_init (&iter, expected);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL)
    {
      gboolean found = FALSE;

      for (gsize i = 0; i < g_variant_n_children (value) && !found; i++)
        {
          g_autoptr (GVariant) child = g_variant_get_child_value (value, i);

          found = g_variant_equal (child, entry);
        }
      if (!found)
        g_error ("%s: an entry is missing", what);
      g_variant_unref (entry);
    }
}

static const GValue *
find_key (const GValueArray *values,
          const char        *key)
{
  for (guint i = 0; i + 1 < values->n_values; i += 2)
    if (g_str_equal (g_value_get_string (&values->values[i]), key))
      return &values->values[i + 1];
  g_assert_not_reached ();
}

static void
assert_value_arrays (const char        *what,
                     const GValueArray *value,
                     const GValueArray *expected)
{
  gboolean keys = strstr (what, "_hash") != NULL;

  g_assert_cmpuint (value->n_values, ==, expected->n_values);
  for (guint i = 0; i < expected->n_values; i += keys ? 2 : 1)
    if (keys)
      tt_assert_values ("value", find_key (value, g_value_get_string (&expected->values[i])),
                        &expected->values[i + 1]);
    else
      tt_assert_values ("element", &value->values[i], &expected->values[i]);
}

static GType
value_array_type (void)
{
  return thr_value_array_type ();
}

static void
assert_models (GListModel *value,
               GListModel *expected)
{
  g_assert_cmpuint (g_list_model_get_n_items (value), ==, g_list_model_get_n_items (expected));
  for (guint i = 0; i < g_list_model_get_n_items (expected); i++)
    {
      g_autoptr (GObject) one = g_list_model_get_item (value, i);
      g_autoptr (GObject) other = g_list_model_get_item (expected, i);

      g_assert_true (one == other);
    }
}

static void
assert_boxed (const char   *what,
              const GValue *value,
              const GValue *expected)
{
  gpointer one = g_value_get_boxed (value);
  gpointer other = g_value_get_boxed (expected);
  GType type = G_VALUE_TYPE (expected);

  g_assert_nonnull (one);
  if (type == G_TYPE_STRV)
    g_assert_true (g_strv_equal (one, other));
  else if (type == G_TYPE_BYTES)
    g_assert_true (g_bytes_equal (one, other));
  else if (type == G_TYPE_DATE_TIME)
    g_assert_true (g_date_time_equal (one, other));
  else if (type == G_TYPE_ERROR)
    g_assert_true (g_error_matches (one, ((GError *) other)->domain, ((GError *) other)->code));
  else if (type == TT_TYPE_BOX)
    g_assert_cmpint (((TtBox *) one)->number, ==, ((TtBox *) other)->number);
  else if (type == value_array_type ())
    assert_value_arrays (what, one, other);
  else
    g_error ("%s: of type %s", what, g_type_name (type));
}

void
tt_assert_values (const char   *what,
                  const GValue *value,
                  const GValue *expected)
{
  if (G_VALUE_TYPE (value) != G_VALUE_TYPE (expected))
    g_error ("%s: %s instead of %s", what, G_VALUE_TYPE_NAME (value), G_VALUE_TYPE_NAME (expected));

  if (G_VALUE_HOLDS_VARIANT (expected))
    {
      GVariant *one = g_value_get_variant (value);
      GVariant *other = g_value_get_variant (expected);

      if (g_variant_is_of_type (other, G_VARIANT_TYPE_DICTIONARY))
        assert_dictionaries (what, one, other);
      else
        g_assert_true (g_variant_equal (one, other));
    }
  else if (G_VALUE_HOLDS_BOXED (expected))
    assert_boxed (what, value, expected);
  else if (G_VALUE_HOLDS (expected, G_TYPE_LIST_MODEL))
    assert_models (g_value_get_object (value), g_value_get_object (expected));
  else if (G_VALUE_HOLDS_STRING (expected))
    g_assert_cmpstr (g_value_get_string (value), ==, g_value_get_string (expected));
  else
    {
      /* Numbers and objects: as they lie there. */
      if (memcmp (&value->data[0], &expected->data[0], sizeof value->data[0]) != 0)
        g_error ("%s: a different value", what);
    }
}

void
tt_assert_null (const char   *what,
                const GValue *value)
{
  gpointer pointer = g_value_peek_pointer (value);

  /* There is no difference between a list that is empty and none. */
  if (pointer != NULL && strstr (what, "list_") != NULL)
    {
      if (G_VALUE_HOLDS (value, G_TYPE_STRV))
        g_assert_cmpuint (g_strv_length (pointer), ==, 0);
      else if (G_VALUE_HOLDS_VARIANT (value))
        g_assert_cmpuint (g_variant_n_children (pointer), ==, 0);
      else if (G_VALUE_HOLDS (value, G_TYPE_LIST_MODEL))
        g_assert_cmpuint (g_list_model_get_n_items (pointer), ==, 0);
    }
  else if (pointer != NULL)
    g_error ("%s: not NULL", what);
}
