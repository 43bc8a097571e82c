/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

/* What is of a declared type: how it lies in memory, is copied and freed, and
 * what it is to GValue and GVariant. */

gboolean
thr_kind_is_container (ThrKind kind)
{
  return kind >= THR_KIND_C_ARRAY && kind <= THR_KIND_HASH;
}

gboolean
thr_kind_is_pointer (ThrKind kind)
{
  return kind >= THR_KIND_UTF8;
}

/* Of an element in an array. */
gsize
thr_type_size (const ThrType *type)
{
  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
      return sizeof (gboolean);
    case THR_KIND_INT8:
    case THR_KIND_UINT8:
      return 1;
    case THR_KIND_INT16:
    case THR_KIND_UINT16:
      return 2;
    case THR_KIND_INT32:
    case THR_KIND_UINT32:
    case THR_KIND_UNICHAR:
    case THR_KIND_ENUM:
    case THR_KIND_FLAGS:
      return 4;
    case THR_KIND_INT64:
    case THR_KIND_UINT64:
      return 8;
    case THR_KIND_FLOAT:
      return sizeof (float);
    case THR_KIND_DOUBLE:
      return sizeof (double);
    case THR_KIND_GTYPE:
      return sizeof (GType);
    case THR_KIND_VOID:
    default:
      return sizeof (gpointer);
    }
}

/* All members of the union begin where it does. */
void
thr_type_store (const ThrType    *type,
                const GIArgument *value,
                gpointer          memory)
{
  memcpy (memory, value, thr_type_size (type));
}

void
thr_type_fetch (const ThrType *type,
                gconstpointer  memory,
                GIArgument    *value)
{
  memset (value, 0, sizeof *value);
  memcpy (value, memory, thr_type_size (type));
}

/* As GINT_TO_POINTER(). */
gpointer
thr_type_pack (const ThrType    *type,
               const GIArgument *value)
{
  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
    case THR_KIND_INT32:
    case THR_KIND_ENUM:
      return GINT_TO_POINTER (value->v_int32);
    case THR_KIND_INT8:
      return GINT_TO_POINTER (value->v_int8);
    case THR_KIND_INT16:
      return GINT_TO_POINTER (value->v_int16);
    case THR_KIND_UINT8:
      return GUINT_TO_POINTER (value->v_uint8);
    case THR_KIND_UINT16:
      return GUINT_TO_POINTER (value->v_uint16);
    case THR_KIND_UINT32:
    case THR_KIND_FLAGS:
    case THR_KIND_UNICHAR:
      return GUINT_TO_POINTER (value->v_uint32);
    case THR_KIND_INT64:
    case THR_KIND_UINT64:
      return (gpointer) (guintptr) value->v_uint64;
    case THR_KIND_GTYPE:
      return GSIZE_TO_POINTER (value->v_size);
    case THR_KIND_VOID:
    default:
      return value->v_pointer;
    }
}

void
thr_type_unpack (const ThrType *type,
                 gpointer       packed,
                 GIArgument    *value)
{
  memset (value, 0, sizeof *value);
  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
    case THR_KIND_INT32:
    case THR_KIND_ENUM:
      value->v_int32 = GPOINTER_TO_INT (packed);
      break;
    case THR_KIND_INT8:
      value->v_int8 = (gint8) GPOINTER_TO_INT (packed);
      break;
    case THR_KIND_INT16:
      value->v_int16 = (gint16) GPOINTER_TO_INT (packed);
      break;
    case THR_KIND_UINT8:
      value->v_uint8 = (guint8) GPOINTER_TO_UINT (packed);
      break;
    case THR_KIND_UINT16:
      value->v_uint16 = (guint16) GPOINTER_TO_UINT (packed);
      break;
    case THR_KIND_UINT32:
    case THR_KIND_FLAGS:
    case THR_KIND_UNICHAR:
      value->v_uint32 = GPOINTER_TO_UINT (packed);
      break;
    case THR_KIND_INT64:
      value->v_int64 = (gint64) (gintptr) packed;
      break;
    case THR_KIND_UINT64:
      value->v_uint64 = (guintptr) packed;
      break;
    case THR_KIND_GTYPE:
      value->v_size = GPOINTER_TO_SIZE (packed);
      break;
    case THR_KIND_VOID:
    default:
      value->v_pointer = packed;
      break;
    }
}

static void
free_value (gpointer data)
{
  GValue *value = data;

  if (G_IS_VALUE (value))
    g_value_unset (value);
  g_free (value);
}

void
thr_type_free (const ThrType *type,
               gpointer       pointer)
{
  if (pointer == NULL)
    return;

  switch (type->kind)
    {
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      g_free (pointer);
      break;
    case THR_KIND_OBJECT:
      g_object_unref (pointer);
      break;
    case THR_KIND_INSTANCE:
      type->unref (pointer);
      break;
    case THR_KIND_BOXED:
      g_boxed_free (type->gtype, pointer);
      break;
    case THR_KIND_VARIANT:
      g_variant_unref (pointer);
      break;
    case THR_KIND_VALUE:
      free_value (pointer);
      break;
    case THR_KIND_VOID:
    default:
      break;
    }
}

/* How an array or a hash table that the callee may keep is to let go of an
 * element; NULL: there is nothing to let go of, or no way to say it. */
GDestroyNotify
thr_type_get_destroy (const ThrType *type)
{
  switch (type->kind)
    {
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      return g_free;
    case THR_KIND_OBJECT:
      return g_object_unref;
    case THR_KIND_INSTANCE:
      return type->unref;
    case THR_KIND_VARIANT:
      return (GDestroyNotify) g_variant_unref;
    case THR_KIND_VALUE:
      return free_value;
    case THR_KIND_BOXED:
      if (type->gtype == G_TYPE_BYTES)
        return (GDestroyNotify) g_bytes_unref;
      if (type->gtype == G_TYPE_ERROR)
        return (GDestroyNotify) g_error_free;
      if (type->gtype == G_TYPE_DATE_TIME)
        return (GDestroyNotify) g_date_time_unref;
      return NULL;
    case THR_KIND_VOID:
    default:
      return NULL;
    }
}

/* A GArray tells its function where the element lies. */
#define DEFINE_CLEAR(name, func)       \
  static void                          \
    clear_##name (gpointer element) \
  {                                    \
    func (*(gpointer *) element);      \
  }

DEFINE_CLEAR (string, g_free)
DEFINE_CLEAR (object, g_object_unref)
DEFINE_CLEAR (variant, g_variant_unref)
DEFINE_CLEAR (bytes, g_bytes_unref)
DEFINE_CLEAR (date_time, g_date_time_unref)

GDestroyNotify
thr_type_get_clear (const ThrType *type)
{
  switch (type->kind)
    {
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      return clear_string;
    case THR_KIND_OBJECT:
      return clear_object;
    case THR_KIND_VARIANT:
      return clear_variant;
    case THR_KIND_BOXED:
      if (type->gtype == G_TYPE_BYTES)
        return clear_bytes;
      if (type->gtype == G_TYPE_DATE_TIME)
        return clear_date_time;
      return NULL;
    case THR_KIND_VOID:
    default:
      return NULL;
    }
}

/* Whether an argument of this type can be made, and not only read. */
gboolean
thr_type_can_be_given (const ThrType *type)
{
  if (type->element == NULL || !thr_kind_is_pointer (type->element->kind))
    return TRUE;
  if (type->kind == THR_KIND_ARRAY)
    return thr_type_get_clear (type->element) != NULL;
  if (type->kind == THR_KIND_PTR_ARRAY || type->kind == THR_KIND_HASH)
    return thr_type_get_destroy (type->element) != NULL;

  return TRUE;
}

/* What a GValue of a number is of. */
GType
thr_type_value_type (const ThrType *type)
{
  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
      return G_TYPE_BOOLEAN;
    case THR_KIND_INT8:
      return G_TYPE_CHAR;
    case THR_KIND_UINT8:
      return G_TYPE_UCHAR;
    case THR_KIND_INT16:
    case THR_KIND_INT32:
      return G_TYPE_INT;
    case THR_KIND_UINT16:
    case THR_KIND_UINT32:
    case THR_KIND_UNICHAR:
      return G_TYPE_UINT;
    case THR_KIND_INT64:
      return G_TYPE_INT64;
    case THR_KIND_UINT64:
      return G_TYPE_UINT64;
    case THR_KIND_FLOAT:
      return G_TYPE_FLOAT;
    case THR_KIND_DOUBLE:
      return G_TYPE_DOUBLE;
    case THR_KIND_GTYPE:
      return G_TYPE_GTYPE;
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      return G_TYPE_STRING;
    case THR_KIND_VARIANT:
      return G_TYPE_VARIANT;
    case THR_KIND_VOID:
    default:
      return type->gtype;
    }
}

/* What an element is in a GVariant; NULL: there is no such thing there. */
const char *
thr_type_variant_type (const ThrType *type)
{
  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
      return "b";
    case THR_KIND_INT8:
    case THR_KIND_INT16:
      return "n";
    case THR_KIND_UINT8:
      return "y";
    case THR_KIND_UINT16:
      return "q";
    case THR_KIND_INT32:
    case THR_KIND_ENUM:
      return "i";
    case THR_KIND_UINT32:
    case THR_KIND_FLAGS:
    case THR_KIND_UNICHAR:
      return "u";
    case THR_KIND_INT64:
      return "x";
    case THR_KIND_UINT64:
      return "t";
    case THR_KIND_FLOAT:
    case THR_KIND_DOUBLE:
      return "d";
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      return "s";
    case THR_KIND_VARIANT:
      return "v";
    case THR_KIND_VOID:
    default:
      return NULL;
    }
}
