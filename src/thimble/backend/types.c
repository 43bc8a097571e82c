/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include "base/thr-i18n-private.h"

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

static char *
info_name (GIBaseInfo *info)
{
  return g_strdup_printf ("%s.%s", gi_base_info_get_namespace (info), gi_base_info_get_name (info));
}

static gboolean
read_structure (ThrType     *self,
                GIBaseInfo  *info,
                const char **refusal)
{
  if (GI_IS_STRUCT_INFO (info))
    self->size = gi_struct_info_get_size ((GIStructInfo *) info);
  else if (GI_IS_UNION_INFO (info))
    self->size = gi_union_info_get_size ((GIUnionInfo *) info);

  if (self->gtype == G_TYPE_VALUE)
    self->kind = THR_KIND_VALUE;
  else if (self->gtype == G_TYPE_VARIANT)
    self->kind = THR_KIND_VARIANT;
  else if (self->gtype == G_TYPE_CLOSURE)
    self->kind = THR_KIND_CALLBACK;
  else if (g_type_is_a (self->gtype, G_TYPE_BOXED))
    self->kind = THR_KIND_BOXED;
  else
    {
      *refusal = N_ ("is a structure that is not a boxed type, so that it can neither be copied nor freed");
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_instance (ThrType     *self,
               GIBaseInfo  *info,
               const char **refusal)
{
  if (g_type_is_a (self->gtype, G_TYPE_OBJECT) || G_TYPE_IS_INTERFACE (self->gtype))
    {
      self->kind = THR_KIND_OBJECT;
      return TRUE;
    }

  self->kind = THR_KIND_INSTANCE;
  if (g_type_is_a (self->gtype, G_TYPE_PARAM))
    {
      self->ref = (gpointer) g_param_spec_ref_sink;
      self->unref = (gpointer) g_param_spec_unref;
    }
  else if (GI_IS_OBJECT_INFO (info) && self->gtype != G_TYPE_NONE)
    {
      self->ref = (gpointer) gi_object_info_get_ref_function_pointer ((GIObjectInfo *) info);
      self->unref = (gpointer) gi_object_info_get_unref_function_pointer ((GIObjectInfo *) info);
    }
  if (self->ref == NULL || self->unref == NULL || g_type_value_table_peek (self->gtype) == NULL)
    {
      *refusal = N_ ("is an object of which nobody knows how it is referenced");
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_interface (ThrType     *self,
                GITypeInfo  *type,
                gboolean     by_value,
                const char **refusal)
{
  GIBaseInfo *info = gi_type_info_get_interface (type);
  gboolean read = FALSE;

  self->name = info_name (info);
  if (gi_is_callback_info (info))
    {
      self->kind = THR_KIND_CALLBACK;
      read = TRUE;
    }
  else if (GI_IS_REGISTERED_TYPE_INFO (info))
    {
      self->gtype = gi_registered_type_info_get_g_type ((GIRegisteredTypeInfo *) info);
      if (GI_IS_ENUM_INFO (info))
        {
          GITypeTag storage = gi_enum_info_get_storage_type ((GIEnumInfo *) info);

          read = storage == GI_TYPE_TAG_INT32 || storage == GI_TYPE_TAG_UINT32;
          if (!read)
            *refusal = N_ ("is an enumeration of an uncommon size");
          else if (g_type_is_a (self->gtype, G_TYPE_FLAGS))
            self->kind = THR_KIND_FLAGS;
          else if (g_type_is_a (self->gtype, G_TYPE_ENUM))
            self->kind = THR_KIND_ENUM;
          else
            self->kind = storage == GI_TYPE_TAG_INT32 ? THR_KIND_INT32 : THR_KIND_UINT32;
        }
      else if (GI_IS_OBJECT_INFO (info) || GI_IS_INTERFACE_INFO (info))
        read = read_instance (self, info, refusal);
      else
        read = read_structure (self, info, refusal);

      /* What has no size can only be pointed to. */
      if (read && (self->kind == THR_KIND_BOXED || self->kind == THR_KIND_VALUE) && self->size > 0 &&
          !by_value && !gi_type_info_is_pointer (type))
        {
          read = FALSE;
          *refusal = N_ ("is a structure that is passed by value");
        }
    }
  else
    *refusal = N_ ("is of a type of which nothing is known");
  gi_base_info_unref (info);

  return read;
}

/* Containers of what is no container and lies in no uncommon way. */
static gboolean
read_element (ThrType     *self,
              GITypeInfo  *type,
              guint        n,
              gboolean     packed,
              const char **refusal)
{
  GITypeInfo *info = gi_type_info_get_param_type (type, n);
  const char *why = NULL;

  if (info != NULL)
    {
      self->element = thr_type_new (info, packed, &why);
      gi_base_info_unref (info);
    }
  if (self->element == NULL || why != NULL ||
      self->element->kind == THR_KIND_VOID ||
      self->element->kind == THR_KIND_CALLBACK ||
      thr_kind_is_container (self->element->kind))
    {
      *refusal = N_ ("holds other things than numbers, strings, objects and boxed values");
      return FALSE;
    }

  return TRUE;
}

/* The elements lie in pointers. */
static gboolean
read_packed_element (ThrType     *self,
                     GITypeInfo  *type,
                     guint        n,
                     const char **refusal)
{
  if (!read_element (self, type, n, TRUE, refusal))
    return FALSE;
  if (self->element->kind == THR_KIND_FLOAT || self->element->kind == THR_KIND_DOUBLE ||
      thr_type_size (self->element) > sizeof (gpointer))
    {
      *refusal = N_ ("holds numbers that do not fit into its pointers");
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_array (ThrType     *self,
            GITypeInfo  *type,
            const char **refusal)
{
  static const char *const names[] = { "array", "GLib.Array", "GLib.PtrArray" };
  GIArrayType array_type = gi_type_info_get_array_type (type);
  gboolean read;

  switch (array_type)
    {
    case GI_ARRAY_TYPE_C:
      self->kind = THR_KIND_C_ARRAY;
      self->fixed_size = gi_array_fixed_size (type);
      self->length = gi_array_length_index (type);
      self->zero_terminated = gi_type_info_is_zero_terminated (type);
      break;
    case GI_ARRAY_TYPE_ARRAY:
      self->kind = THR_KIND_ARRAY;
      break;
    case GI_ARRAY_TYPE_PTR_ARRAY:
      self->kind = THR_KIND_PTR_ARRAY;
      break;
    case GI_ARRAY_TYPE_BYTE_ARRAY:
    default:
      self->kind = THR_KIND_BYTE_ARRAY;
      self->name = g_strdup ("GLib.ByteArray");
      self->gtype = G_TYPE_BYTE_ARRAY;
      return TRUE;
    }

  if (self->kind == THR_KIND_PTR_ARRAY)
    read = read_packed_element (self, type, 0, refusal);
  else
    read = read_element (self, type, 0, FALSE, refusal);
  self->name = g_strdup_printf ("%s of %s", names[array_type],
                                self->element != NULL ? self->element->name : "…");
  if (read && self->kind == THR_KIND_C_ARRAY &&
      self->fixed_size < 0 && self->length < 0 && !self->zero_terminated)
    {
      *refusal = N_ ("is an array of which the length is unknown");
      return FALSE;
    }

  return read;
}

static gboolean
read_hash (ThrType     *self,
           GITypeInfo  *type,
           const char **refusal)
{
  GITypeInfo *key = gi_type_info_get_param_type (type, 0);
  GITypeTag tag = key != NULL ? gi_type_info_get_tag (key) : GI_TYPE_TAG_VOID;
  gboolean read;

  if (key != NULL)
    gi_base_info_unref (key);
  self->kind = THR_KIND_HASH;
  read = read_packed_element (self, type, 1, refusal);
  self->name = g_strdup_printf ("GLib.HashTable of %s", self->element != NULL ? self->element->name : "…");
  if (tag != GI_TYPE_TAG_UTF8 && tag != GI_TYPE_TAG_FILENAME)
    {
      *refusal = N_ ("has keys that are not strings");
      return FALSE;
    }

  return read;
}

static gboolean
read_tag (ThrType     *self,
          GITypeInfo  *type,
          gboolean     by_value,
          const char **refusal)
{
  GITypeTag tag = gi_type_info_get_tag (type);

  switch (tag)
    {
    case GI_TYPE_TAG_VOID:
      self->kind = THR_KIND_VOID;
      if (gi_type_info_is_pointer (type))
        {
          self->name = g_strdup ("gpointer");
          *refusal = N_ ("is a bare pointer, and nothing says what it points to");
          return FALSE;
        }
      break;
    case GI_TYPE_TAG_BOOLEAN:
      self->kind = THR_KIND_BOOLEAN;
      break;
    case GI_TYPE_TAG_INT8:
      self->kind = THR_KIND_INT8;
      break;
    case GI_TYPE_TAG_UINT8:
      self->kind = THR_KIND_UINT8;
      break;
    case GI_TYPE_TAG_INT16:
      self->kind = THR_KIND_INT16;
      break;
    case GI_TYPE_TAG_UINT16:
      self->kind = THR_KIND_UINT16;
      break;
    case GI_TYPE_TAG_INT32:
      self->kind = THR_KIND_INT32;
      break;
    case GI_TYPE_TAG_UINT32:
      self->kind = THR_KIND_UINT32;
      break;
    case GI_TYPE_TAG_INT64:
      self->kind = THR_KIND_INT64;
      break;
    case GI_TYPE_TAG_UINT64:
      self->kind = THR_KIND_UINT64;
      break;
    case GI_TYPE_TAG_FLOAT:
      self->kind = THR_KIND_FLOAT;
      break;
    case GI_TYPE_TAG_DOUBLE:
      self->kind = THR_KIND_DOUBLE;
      break;
    case GI_TYPE_TAG_GTYPE:
      self->kind = THR_KIND_GTYPE;
      break;
    case GI_TYPE_TAG_UNICHAR:
      self->kind = THR_KIND_UNICHAR;
      break;
    case GI_TYPE_TAG_UTF8:
      self->kind = THR_KIND_UTF8;
      break;
    case GI_TYPE_TAG_FILENAME:
      self->kind = THR_KIND_FILENAME;
      break;
    case GI_TYPE_TAG_ERROR:
      self->kind = THR_KIND_BOXED;
      self->gtype = G_TYPE_ERROR;
      self->name = g_strdup ("GLib.Error");
      break;
    case GI_TYPE_TAG_GLIST:
    case GI_TYPE_TAG_GSLIST:
      {
        gboolean read = read_packed_element (self, type, 0, refusal);

        self->kind = tag == GI_TYPE_TAG_GLIST ? THR_KIND_LIST : THR_KIND_SLIST;
        self->name = g_strdup_printf ("%s of %s", tag == GI_TYPE_TAG_GLIST ? "GLib.List" : "GLib.SList",
                                      self->element != NULL ? self->element->name : "…");
        return read;
      }
    case GI_TYPE_TAG_GHASH:
      return read_hash (self, type, refusal);
    case GI_TYPE_TAG_ARRAY:
      return read_array (self, type, refusal);
    case GI_TYPE_TAG_INTERFACE:
      return read_interface (self, type, by_value, refusal);
    default:
      *refusal = N_ ("is of a type of which nothing is known");
      return FALSE;
    }

  /* A number behind a pointer is an array of unknown length. */
  if (self->kind <= THR_KIND_GTYPE && self->kind != THR_KIND_VOID && gi_type_info_is_pointer (type))
    {
      *refusal = N_ ("is a bare pointer, and nothing says what it points to");
      return FALSE;
    }

  return TRUE;
}

/* A type that is refused has a name all the same. BY_VALUE: the caller has made
 * room for it, or it lies in a pointer of a list, and so what the metadata says
 * of pointers, which is seldom right there, is not asked. */
const ThrType *
thr_type_new (GITypeInfo  *info,
              gboolean     by_value,
              const char **refusal)
{
  ThrType *self = g_new0 (ThrType, 1);
  const char *why = NULL;
  gboolean read;

  self->fixed_size = -1;
  self->length = -1;
  read = read_tag (self, info, by_value, &why);
  if (self->name == NULL)
    self->name = g_strdup (gi_type_tag_to_string (gi_type_info_get_tag (info)));
  if (!read)
    *refusal = why;

  return self;
}

void
thr_type_destroy (const ThrType *type)
{
  ThrType *self = (ThrType *) type;

  if (self == NULL)
    return;
  thr_type_destroy (self->element);
  g_free ((char *) self->name);
  g_free (self);
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

static GValue *
copy_value (const GValue *value)
{
  GValue *copy = g_new0 (GValue, 1);

  if (G_IS_VALUE (value))
    {
      g_value_init (copy, G_VALUE_TYPE (value));
      g_value_copy (value, copy);
    }

  return copy;
}

static void
free_value (gpointer data)
{
  GValue *value = data;

  if (G_IS_VALUE (value))
    g_value_unset (value);
  g_free (value);
}

/* A copy of what a pointer of an element or an argument that is no container
 * points to, or a reference. */
gpointer
thr_type_copy (const ThrType *type,
               gpointer       pointer)
{
  if (pointer == NULL)
    return NULL;

  switch (type->kind)
    {
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      return g_strdup (pointer);
    case THR_KIND_OBJECT:
      return g_object_ref_sink (pointer);
    case THR_KIND_INSTANCE:
      return type->ref (pointer);
    case THR_KIND_BOXED:
      return g_boxed_copy (type->gtype, pointer);
    case THR_KIND_VARIANT:
      return g_variant_ref_sink (pointer);
    case THR_KIND_VALUE:
      return copy_value (pointer);
    case THR_KIND_VOID:
    default:
      return pointer;
    }
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
