/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include "base/thr-i18n-private.h"

/* A value of whatever kind for an argument that is one number, one string or one
 * object; the copy, or the reference, belongs to the call. Nothing may be lost
 * on the way, else it is said what is wanted and what was given. */

gboolean
thr_value_is_null (const GValue *value)
{
  return G_IS_VALUE (value) && g_value_fits_pointer (value) && g_value_peek_pointer (value) == NULL &&
         !G_VALUE_HOLDS_GTYPE (value);
}

/* An object's own class says more than what its value was made for. */
const char *
thr_value_name (const GValue *value)
{
  if (!G_IS_VALUE (value))
    return _("an empty value");
  if (thr_value_is_null (value))
    return "NULL";
  if (G_VALUE_HOLDS_OBJECT (value))
    return G_OBJECT_TYPE_NAME (g_value_get_object (value));

  return G_VALUE_TYPE_NAME (value);
}

/* In a sentence, only what is text can stand, and not too much of it. */
char *
thr_show_text (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  return g_utf8_strlen (valid, -1) > 60 ? g_utf8_substring (valid, 0, 60) : g_steal_pointer (&valid);
}

gboolean
thr_wrong_type (const ThrType *type,
                const GValue *value,
                char **problem)
{
  *problem = g_strdup_printf (_("%s is wanted, and %s was given"), type->name, thr_value_name (value));
  return FALSE;
}

static gboolean
is_null (const ThrType *type,
         char         **problem)
{
  *problem = g_strdup_printf (_("%s is wanted, and it may not be NULL"), type->name);
  return FALSE;
}

/* What a GVariant holds, as a value of its own; other variants stay what they
 * are. */
void
thr_value_from_variant (GValue   *value,
                        GVariant *variant)
{
  switch (g_variant_classify (variant))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      g_value_init (value, G_TYPE_BOOLEAN);
      g_value_set_boolean (value, g_variant_get_boolean (variant));
      break;
    case G_VARIANT_CLASS_BYTE:
      g_value_init (value, G_TYPE_UCHAR);
      g_value_set_uchar (value, g_variant_get_byte (variant));
      break;
    case G_VARIANT_CLASS_INT16:
      g_value_init (value, G_TYPE_INT);
      g_value_set_int (value, g_variant_get_int16 (variant));
      break;
    case G_VARIANT_CLASS_UINT16:
      g_value_init (value, G_TYPE_UINT);
      g_value_set_uint (value, g_variant_get_uint16 (variant));
      break;
    case G_VARIANT_CLASS_INT32:
      g_value_init (value, G_TYPE_INT);
      g_value_set_int (value, g_variant_get_int32 (variant));
      break;
    case G_VARIANT_CLASS_UINT32:
      g_value_init (value, G_TYPE_UINT);
      g_value_set_uint (value, g_variant_get_uint32 (variant));
      break;
    case G_VARIANT_CLASS_INT64:
      g_value_init (value, G_TYPE_INT64);
      g_value_set_int64 (value, g_variant_get_int64 (variant));
      break;
    case G_VARIANT_CLASS_UINT64:
      g_value_init (value, G_TYPE_UINT64);
      g_value_set_uint64 (value, g_variant_get_uint64 (variant));
      break;
    case G_VARIANT_CLASS_DOUBLE:
      g_value_init (value, G_TYPE_DOUBLE);
      g_value_set_double (value, g_variant_get_double (variant));
      break;
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      g_value_init (value, G_TYPE_STRING);
      g_value_set_string (value, g_variant_get_string (variant, NULL));
      break;
    case G_VARIANT_CLASS_VARIANT:
      {
        g_autoptr (GVariant) inner = g_variant_get_variant (variant);

        thr_value_from_variant (value, inner);
      }
      break;
    case G_VARIANT_CLASS_HANDLE:
    case G_VARIANT_CLASS_MAYBE:
    case G_VARIANT_CLASS_ARRAY:
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
    default:
      g_value_init (value, G_TYPE_VARIANT);
      g_value_set_variant (value, variant);
      break;
    }
}

/* The first few, so that nobody has to look them up. */
#define MAX_NICKS 12

static void
no_such_value (const ThrType *type,
               const char    *text,
               GEnumClass    *enum_class,
               GFlagsClass   *flags_class,
               char         **problem)
{
  g_autoptr (GString) nicks = g_string_new (NULL);
  g_autofree char *shown = thr_show_text (text);
  guint n = enum_class != NULL ? enum_class->n_values : flags_class->n_values;

  for (guint i = 0; i < n && i < MAX_NICKS; i++)
    g_string_append_printf (nicks, "%s%s", i > 0 ? ", " : "",
                            enum_class != NULL ? enum_class->values[i].value_nick : flags_class->values[i].value_nick);
  if (n > MAX_NICKS)
    g_string_append (nicks, ", …");
  *problem = g_strdup_printf (_("%s has no value “%s”; it has: %s"), type->name, shown, nicks->str);
}

static gboolean
convert_enum (const ThrType *type,
              const GValue  *value,
              GIArgument    *result,
              char         **problem)
{
  GEnumClass *enum_class = g_type_class_ref (type->gtype);
  gboolean converted = FALSE;

  if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL)
    {
      const char *text = g_value_get_string (value);
      GEnumValue *found = g_enum_get_value_by_nick (enum_class, text);

      if (found == NULL)
        found = g_enum_get_value_by_name (enum_class, text);
      converted = found != NULL;
      if (converted)
        result->v_int32 = found->value;
      else
        no_such_value (type, text, enum_class, NULL, problem);
    }
  else if (G_VALUE_HOLDS_ENUM (value) && !g_type_is_a (G_VALUE_TYPE (value), type->gtype))
    thr_wrong_type (type, value, problem);
  else
    {
      guint64 whole;

      /* Of some, a value has the uppermost bit. */
      if (thr_convert_whole (type, value, G_MININT32, G_MAXUINT32, &whole, problem))
        {
          converted = g_enum_get_value (enum_class, (gint32) whole) != NULL;
          if (converted)
            result->v_int32 = (gint32) whole;
          else
            {
              g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, (gint64) whole);

              no_such_value (type, text, enum_class, NULL, problem);
            }
        }
    }
  g_type_class_unref (enum_class);

  return converted;
}

static gboolean
parse_flags (const ThrType *type,
             GFlagsClass   *flags_class,
             const char    *text,
             guint         *result,
             char         **problem)
{
  g_auto (GStrv) words = g_strsplit (text, "|", -1);

  *result = 0;
  for (guint i = 0; words[i] != NULL; i++)
    {
      const char *word = g_strstrip (words[i]);
      GFlagsValue *found = g_flags_get_value_by_nick (flags_class, word);

      if (found == NULL)
        found = g_flags_get_value_by_name (flags_class, word);
      if (found == NULL)
        {
          no_such_value (type, word, NULL, flags_class, problem);
          return FALSE;
        }
      *result |= found->value;
    }

  return TRUE;
}

static gboolean
convert_flags (const ThrType *type,
               const GValue  *value,
               GIArgument    *result,
               char         **problem)
{
  GFlagsClass *flags_class = g_type_class_ref (type->gtype);
  gboolean converted = FALSE;

  if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL)
    converted = parse_flags (type, flags_class, g_value_get_string (value), &result->v_uint32, problem);
  else if (G_VALUE_HOLDS_FLAGS (value) && !g_type_is_a (G_VALUE_TYPE (value), type->gtype))
    thr_wrong_type (type, value, problem);
  else
    {
      guint64 whole;

      if (thr_convert_whole (type, value, G_MININT32, G_MAXUINT32, &whole, problem))
        {
          converted = ((guint32) whole & ~flags_class->mask) == 0;
          if (converted)
            result->v_uint32 = (guint32) whole;
          else
            {
              g_autofree char *text = g_strdup_printf ("0x%x", (guint32) whole);

              no_such_value (type, text, NULL, flags_class, problem);
            }
        }
    }
  g_type_class_unref (flags_class);

  return converted;
}

/* A character is given as one, or as its number. */
static gboolean
convert_unichar (const ThrType *type,
                 const GValue  *value,
                 GIArgument    *result,
                 char         **problem)
{
  guint64 whole;

  if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL)
    {
      const char *text = g_value_get_string (value);

      if (!g_utf8_validate (text, -1, NULL) || g_utf8_strlen (text, -1) != 1)
        {
          *problem = g_strdup_printf (_("%s is wanted, and the text is not one character long"), type->name);
          return FALSE;
        }
      result->v_uint32 = g_utf8_get_char (text);
      return TRUE;
    }
  if (!thr_convert_whole (type, value, 0, 0x10ffff, &whole, problem))
    return FALSE;
  if (!g_unichar_validate ((gunichar) whole))
    {
      *problem = g_strdup_printf (_("%s is wanted, and U+%04X is no character"), type->name, (guint) whole);
      return FALSE;
    }
  result->v_uint32 = (guint32) whole;

  return TRUE;
}

static gboolean
convert_gtype (const ThrType *type,
               const GValue  *value,
               GIArgument    *result,
               char         **problem)
{
  GType gtype = G_TYPE_INVALID;

  if (G_VALUE_HOLDS_GTYPE (value))
    gtype = g_value_get_gtype (value);
  else if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL)
    {
      gtype = g_type_from_name (g_value_get_string (value));
      if (gtype == G_TYPE_INVALID)
        {
          g_autofree char *shown = thr_show_text (g_value_get_string (value));

          *problem = g_strdup_printf (_("%s is wanted, and no type “%s” is registered"), type->name, shown);
          return FALSE;
        }
    }
  else
    return thr_wrong_type (type, value, problem);

  if (gtype == G_TYPE_INVALID)
    return is_null (type, problem);
  result->v_size = gtype;

  return TRUE;
}

static gboolean
convert_string (const ThrType *type,
                const GValue  *value,
                GIArgument    *result,
                char         **problem)
{
  const char *text;
  const char *end;

  if (!G_VALUE_HOLDS_STRING (value))
    return thr_wrong_type (type, value, problem);

  text = g_value_get_string (value);
  /* A file may have a name of any bytes. */
  if (type->kind == THR_KIND_UTF8 && !g_utf8_validate (text, -1, &end))
    {
      *problem = g_strdup_printf (_("%s is wanted, and the text is not valid UTF-8 from byte %u on"), type->name,
                                  (guint) (end - text));
      return FALSE;
    }
  result->v_string = g_strdup (text);

  return TRUE;
}

static gboolean
convert_object (const ThrType *type,
                const GValue  *value,
                GIArgument    *result,
                char         **problem)
{
  GObject *object;

  if (type->gtype == G_TYPE_FILE && G_VALUE_HOLDS_STRING (value))
    {
      const char *text = g_value_get_string (value);

      if (g_path_is_absolute (text))
        result->v_pointer = g_file_new_for_path (text);
      else if (g_uri_is_valid (text, G_URI_FLAGS_NONE, NULL))
        result->v_pointer = g_file_new_for_uri (text);
      else
        {
          *problem = g_strdup_printf (_("%s is wanted, and the text is neither a URI nor an absolute path"),
                                      type->name);
          return FALSE;
        }
      return TRUE;
    }

  if (!G_VALUE_HOLDS_OBJECT (value))
    return thr_wrong_type (type, value, problem);
  object = g_value_peek_pointer (value);
  if (!G_IS_OBJECT (object) || !g_type_is_a (G_OBJECT_TYPE (object), type->gtype))
    return thr_wrong_type (type, value, problem);
  result->v_pointer = g_object_ref (object);

  return TRUE;
}

static gboolean
convert_boxed (const ThrType *type,
               const GValue  *value,
               GIArgument    *result,
               char         **problem)
{
  if (type->gtype == G_TYPE_BYTES && G_VALUE_HOLDS_VARIANT (value) &&
      g_variant_is_of_type (g_value_get_variant (value), G_VARIANT_TYPE_BYTESTRING))
    {
      result->v_pointer = g_variant_get_data_as_bytes (g_value_get_variant (value));
      return TRUE;
    }
  if (!G_VALUE_HOLDS_BOXED (value) || !g_type_is_a (G_VALUE_TYPE (value), type->gtype))
    return thr_wrong_type (type, value, problem);
  result->v_pointer = g_value_dup_boxed (value);

  return TRUE;
}

/* A value of any type, or what a value in the value is. */
static void
convert_value (const GValue *value,
               GIArgument   *result)
{
  const GValue *source = G_VALUE_HOLDS (value, G_TYPE_VALUE) ? g_value_get_boxed (value) : value;
  GValue *copy = g_new0 (GValue, 1);

  if (source != NULL && G_IS_VALUE (source))
    {
      g_value_init (copy, G_VALUE_TYPE (source));
      g_value_copy (source, copy);
    }
  result->v_pointer = copy;
}

static gboolean
convert_instance (const ThrType *type,
                  const GValue  *value,
                  GIArgument    *result,
                  char         **problem)
{
  if (!g_type_is_a (G_VALUE_TYPE (value), G_TYPE_FUNDAMENTAL (type->gtype)) || !g_value_fits_pointer (value) ||
      !g_type_check_instance_is_a (g_value_peek_pointer (value), type->gtype))
    return thr_wrong_type (type, value, problem);
  result->v_pointer = type->ref (g_value_peek_pointer (value));

  return TRUE;
}

gboolean
thr_convert_scalar (const ThrType *type,
                    const GValue  *value,
                    GIArgument    *result,
                    char         **problem)
{
  if (!G_IS_VALUE (value))
    return thr_wrong_type (type, value, problem);
  if (type->kind == THR_KIND_VALUE)
    {
      convert_value (value, result);
      return TRUE;
    }
  if (G_VALUE_HOLDS (value, G_TYPE_VALUE) && !thr_value_is_null (value))
    return thr_convert_scalar (type, g_value_get_boxed (value), result, problem);
  if (thr_value_is_null (value))
    return is_null (type, problem);

  if (G_VALUE_HOLDS_VARIANT (value) && type->kind != THR_KIND_VARIANT && type->kind != THR_KIND_BOXED)
    {
      g_auto (GValue) inner = G_VALUE_INIT;

      thr_value_from_variant (&inner, g_value_get_variant (value));
      if (G_VALUE_HOLDS_VARIANT (&inner))
        return thr_wrong_type (type, value, problem);
      return thr_convert_scalar (type, &inner, result, problem);
    }

  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
      return thr_convert_boolean (type, value, result, problem);
    case THR_KIND_FLOAT:
      {
        double real;

        if (!thr_convert_real (type, value, &real, problem))
          return FALSE;
        result->v_float = (float) real;
        return TRUE;
      }
    case THR_KIND_DOUBLE:
      return thr_convert_real (type, value, &result->v_double, problem);
    case THR_KIND_UNICHAR:
      return convert_unichar (type, value, result, problem);
    case THR_KIND_GTYPE:
      return convert_gtype (type, value, result, problem);
    case THR_KIND_ENUM:
      return convert_enum (type, value, result, problem);
    case THR_KIND_FLAGS:
      return convert_flags (type, value, result, problem);
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      return convert_string (type, value, result, problem);
    case THR_KIND_OBJECT:
      return convert_object (type, value, result, problem);
    case THR_KIND_INSTANCE:
      return convert_instance (type, value, result, problem);
    case THR_KIND_BOXED:
      return convert_boxed (type, value, result, problem);
    case THR_KIND_VARIANT:
      if (!G_VALUE_HOLDS_VARIANT (value))
        return thr_wrong_type (type, value, problem);
      result->v_pointer = g_value_dup_variant (value);
      return TRUE;
    case THR_KIND_VOID:
    default:
      return thr_convert_integer (type, value, result, problem);
    }
}
