/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include "base/thr-i18n-private.h"

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

/* Of a number or a string; VOID of all else. */
static ThrKind
get_basic_kind (GITypeTag tag)
{
  static const guint8 kinds[] = {
    [GI_TYPE_TAG_BOOLEAN] = THR_KIND_BOOLEAN,
    [GI_TYPE_TAG_INT8] = THR_KIND_INT8,
    [GI_TYPE_TAG_UINT8] = THR_KIND_UINT8,
    [GI_TYPE_TAG_INT16] = THR_KIND_INT16,
    [GI_TYPE_TAG_UINT16] = THR_KIND_UINT16,
    [GI_TYPE_TAG_INT32] = THR_KIND_INT32,
    [GI_TYPE_TAG_UINT32] = THR_KIND_UINT32,
    [GI_TYPE_TAG_INT64] = THR_KIND_INT64,
    [GI_TYPE_TAG_UINT64] = THR_KIND_UINT64,
    [GI_TYPE_TAG_FLOAT] = THR_KIND_FLOAT,
    [GI_TYPE_TAG_DOUBLE] = THR_KIND_DOUBLE,
    [GI_TYPE_TAG_GTYPE] = THR_KIND_GTYPE,
    [GI_TYPE_TAG_UTF8] = THR_KIND_UTF8,
    [GI_TYPE_TAG_FILENAME] = THR_KIND_FILENAME,
    [GI_TYPE_TAG_UNICHAR] = THR_KIND_UNICHAR,
  };

  return (guint) tag < G_N_ELEMENTS (kinds) ? kinds[tag] : THR_KIND_VOID;
}

static gboolean
read_tag (ThrType     *self,
          GITypeInfo  *type,
          gboolean     by_value,
          const char **refusal)
{
  GITypeTag tag = gi_type_info_get_tag (type);

  self->kind = get_basic_kind (tag);
  switch (tag)
    {
    case GI_TYPE_TAG_VOID:
      if (gi_type_info_is_pointer (type))
        {
          self->name = g_strdup ("gpointer");
          *refusal = N_ ("is a bare pointer, and nothing says what it points to");
          return FALSE;
        }
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
      if (self->kind == THR_KIND_VOID)
        {
          *refusal = N_ ("is of a type of which nothing is known");
          return FALSE;
        }
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
