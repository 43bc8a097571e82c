/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

/* What comes out of a call becomes values that every language can read: numbers,
 * strings, objects and boxed values are what they are; bytes become a GBytes,
 * strings a GStrv, numbers an array in a GVariant, objects a GListStore, and
 * what is left a GValueArray; a hash table of numbers or strings becomes a
 * dictionary in a GVariant, any other a GValueArray of keys and values that take
 * turns. What was given to us is taken, what was lent is copied. */

static void
put_object (const ThrType *type,
            gpointer       object,
            gboolean       take,
            GValue        *value)
{
  g_value_init (value, object == NULL || g_type_is_a (G_OBJECT_TYPE (object), type->gtype) ? type->gtype
                                                                                           : G_OBJECT_TYPE (object));
  /* The reference of one that floats is ours in either case. */
  if (object != NULL && (!take || g_object_is_floating (object)))
    g_object_ref_sink (object);
  g_value_take_object (value, object);
}

static void
put_value (GValue  *content,
           gboolean take,
           GValue  *value)
{
  if (content == NULL || !G_IS_VALUE (content))
    {
      g_value_init (value, G_TYPE_VALUE);
    }
  else
    {
      g_value_init (value, G_VALUE_TYPE (content));
      g_value_copy (content, value);
    }
  if (take && content != NULL)
    g_boxed_free (G_TYPE_VALUE, content);
}

static void
put_number (const ThrType    *type,
            const GIArgument *argument,
            GValue           *value)
{
  g_value_init (value, thr_type_value_type (type));
  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
      g_value_set_boolean (value, argument->v_boolean);
      break;
    case THR_KIND_INT8:
      g_value_set_schar (value, argument->v_int8);
      break;
    case THR_KIND_UINT8:
      g_value_set_uchar (value, argument->v_uint8);
      break;
    case THR_KIND_INT16:
      g_value_set_int (value, argument->v_int16);
      break;
    case THR_KIND_UINT16:
      g_value_set_uint (value, argument->v_uint16);
      break;
    case THR_KIND_INT32:
      g_value_set_int (value, argument->v_int32);
      break;
    case THR_KIND_UINT32:
    case THR_KIND_UNICHAR:
      g_value_set_uint (value, argument->v_uint32);
      break;
    case THR_KIND_INT64:
      g_value_set_int64 (value, argument->v_int64);
      break;
    case THR_KIND_UINT64:
      g_value_set_uint64 (value, argument->v_uint64);
      break;
    case THR_KIND_FLOAT:
      g_value_set_float (value, argument->v_float);
      break;
    case THR_KIND_DOUBLE:
      g_value_set_double (value, argument->v_double);
      break;
    case THR_KIND_GTYPE:
      g_value_set_gtype (value, argument->v_size);
      break;
    case THR_KIND_ENUM:
      g_value_set_enum (value, argument->v_int32);
      break;
    case THR_KIND_FLAGS:
      g_value_set_flags (value, argument->v_uint32);
      break;
    case THR_KIND_VOID:
    default:
      g_assert_not_reached ();
    }
}

static void
put (const ThrType *type,
     GIArgument    *argument,
     gboolean       take,
     GValue        *value)
{
  gpointer pointer = argument->v_pointer;

  switch (type->kind)
    {
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      g_value_init (value, G_TYPE_STRING);
      g_value_take_string (value, take ? pointer : g_strdup (pointer));
      break;
    case THR_KIND_OBJECT:
      put_object (type, pointer, take, value);
      break;
    case THR_KIND_INSTANCE:
      g_value_init (value, type->gtype);
      if (pointer != NULL)
        {
          g_value_set_instance (value, pointer);
          if (take)
            type->unref (pointer);
        }
      break;
    case THR_KIND_BOXED:
      g_value_init (value, type->gtype);
      if (take)
        g_value_take_boxed (value, pointer);
      else
        g_value_set_boxed (value, pointer);
      break;
    case THR_KIND_VARIANT:
      g_value_init (value, G_TYPE_VARIANT);
      if (pointer != NULL)
        g_value_take_variant (value, take ? g_variant_take_ref (pointer) : g_variant_ref_sink (pointer));
      break;
    case THR_KIND_VALUE:
      put_value (pointer, take, value);
      break;
    case THR_KIND_VOID:
    default:
      put_number (type, argument, value);
      break;
    }
}

/* The elements of a container that came out, one after the other. */
typedef struct
{
  const ThrType *type;
  gpointer container;
  gsize n;
  gsize i;
  gpointer link;
  GHashTableIter hash;
} Iter;

static gsize
count_to_zero (const ThrType *element,
               const guint8  *memory)
{
  static const guint8 zero[sizeof (GIArgument)];
  gsize size = thr_type_size (element);
  gsize n = 0;

  while (memcmp (memory + n * size, zero, size) != 0)
    n++;

  return n;
}

static void
iter_init (Iter          *self,
           const ThrType *type,
           gpointer       container,
           gsize          length)
{
  self->type = type;
  self->container = container;
  self->i = 0;
  self->link = container;
  switch (type->kind)
    {
    case THR_KIND_C_ARRAY:
      if (type->fixed_size >= 0)
        self->n = (gsize) type->fixed_size;
      else if (type->length >= 0)
        self->n = length;
      else
        self->n = count_to_zero (type->element, container);
      break;
    case THR_KIND_ARRAY:
      self->n = ((GArray *) container)->len;
      break;
    case THR_KIND_PTR_ARRAY:
      self->n = ((GPtrArray *) container)->len;
      break;
    case THR_KIND_LIST:
      self->n = g_list_length (container);
      break;
    case THR_KIND_SLIST:
      self->n = g_slist_length (container);
      break;
    case THR_KIND_HASH:
    default:
      self->n = g_hash_table_size (container);
      g_hash_table_iter_init (&self->hash, container);
      break;
    }
}

static gboolean
iter_next (Iter       *self,
           gpointer   *key,
           GIArgument *element)
{
  const ThrType *type = self->type->element;
  gpointer packed;

  if (self->i == self->n)
    return FALSE;

  switch (self->type->kind)
    {
    case THR_KIND_C_ARRAY:
      thr_type_fetch (type, (guint8 *) self->container + self->i * thr_type_size (type), element);
      break;
    case THR_KIND_ARRAY:
      thr_type_fetch (type, ((GArray *) self->container)->data + self->i * thr_type_size (type), element);
      break;
    case THR_KIND_PTR_ARRAY:
      thr_type_unpack (type, ((GPtrArray *) self->container)->pdata[self->i], element);
      break;
    case THR_KIND_LIST:
      thr_type_unpack (type, ((GList *) self->link)->data, element);
      self->link = ((GList *) self->link)->next;
      break;
    case THR_KIND_SLIST:
      thr_type_unpack (type, ((GSList *) self->link)->data, element);
      self->link = ((GSList *) self->link)->next;
      break;
    case THR_KIND_HASH:
    default:
      if (!g_hash_table_iter_next (&self->hash, key, &packed))
        return FALSE;
      thr_type_unpack (type, packed, element);
      break;
    }
  self->i++;

  return TRUE;
}

static gboolean
all_elements (const ThrType *type,
              gpointer       container,
              gsize          length,
              gboolean       utf8)
{
  Iter iter;
  GIArgument element;
  gpointer key;

  iter_init (&iter, type, container, length);
  while (iter_next (&iter, &key, &element))
    {
      if (type->kind == THR_KIND_HASH && !g_utf8_validate (key, -1, NULL))
        return FALSE;
      if (thr_kind_is_pointer (type->element->kind) && element.v_pointer == NULL)
        return FALSE;
      if (utf8 && (type->element->kind == THR_KIND_UTF8 || type->element->kind == THR_KIND_FILENAME) &&
          !g_utf8_validate (element.v_string, -1, NULL))
        return FALSE;
    }

  return TRUE;
}

static GVariant *
element_variant (const ThrType    *type,
                 const GIArgument *element)
{
  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
      return g_variant_new_boolean (element->v_boolean);
    case THR_KIND_INT8:
      return g_variant_new_int16 (element->v_int8);
    case THR_KIND_UINT8:
      return g_variant_new_byte (element->v_uint8);
    case THR_KIND_INT16:
      return g_variant_new_int16 (element->v_int16);
    case THR_KIND_UINT16:
      return g_variant_new_uint16 (element->v_uint16);
    case THR_KIND_INT32:
    case THR_KIND_ENUM:
      return g_variant_new_int32 (element->v_int32);
    case THR_KIND_UINT32:
    case THR_KIND_FLAGS:
    case THR_KIND_UNICHAR:
      return g_variant_new_uint32 (element->v_uint32);
    case THR_KIND_INT64:
      return g_variant_new_int64 (element->v_int64);
    case THR_KIND_UINT64:
      return g_variant_new_uint64 (element->v_uint64);
    case THR_KIND_FLOAT:
      return g_variant_new_double ((double) element->v_float);
    case THR_KIND_DOUBLE:
      return g_variant_new_double (element->v_double);
    case THR_KIND_UTF8:
    case THR_KIND_FILENAME:
      return g_variant_new_string (element->v_string);
    case THR_KIND_VARIANT:
      return g_variant_new_variant (element->v_pointer);
    case THR_KIND_VOID:
    default:
      g_assert_not_reached ();
    }
}

/* The GVariant has its own copy of each. */
static void
put_variant (const ThrType *type,
             gpointer       container,
             gsize          length,
             gboolean       take,
             GValue        *value)
{
  const char *element_type = thr_type_variant_type (type->element);
  g_autofree char *text = type->kind == THR_KIND_HASH ? g_strdup_printf ("a{s%s}", element_type)
                                                      : g_strdup_printf ("a%s", element_type);
  GVariantBuilder builder;
  GIArgument element;
  gpointer key;
  Iter iter;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (text));
  iter_init (&iter, type, container, length);
  while (iter_next (&iter, &key, &element))
    {
      GVariant *variant = element_variant (type->element, &element);

      if (type->kind == THR_KIND_HASH)
        variant = g_variant_new_dict_entry (g_variant_new_string (key), variant);
      g_variant_builder_add_value (&builder, variant);
      if (take && type->kind == THR_KIND_HASH)
        g_free (key);
      if (take && thr_kind_is_pointer (type->element->kind))
        thr_type_free (type->element, element.v_pointer);
    }
  g_value_init (value, G_TYPE_VARIANT);
  g_value_take_variant (value, g_variant_ref_sink (g_variant_builder_end (&builder)));
}

static void
put_strings (const ThrType *type,
             gpointer       container,
             gsize          length,
             gboolean       take,
             GValue        *value)
{
  char **strings;
  GIArgument element;
  gpointer key;
  Iter iter;

  iter_init (&iter, type, container, length);
  strings = g_new0 (char *, iter.n + 1);
  for (gsize i = 0; iter_next (&iter, &key, &element); i++)
    strings[i] = take ? element.v_string : g_strdup (element.v_string);
  g_value_init (value, G_TYPE_STRV);
  g_value_take_boxed (value, strings);
}

static void
put_model (const ThrType *type,
           gpointer       container,
           gsize          length,
           gboolean       take,
           GValue        *value)
{
  GType item_type = g_type_is_a (type->element->gtype, G_TYPE_OBJECT) ? type->element->gtype : G_TYPE_OBJECT;
  g_autoptr (GPtrArray) objects = g_ptr_array_new_with_free_func (g_object_unref);
  GListStore *store = g_list_store_new (item_type);
  GIArgument element;
  gpointer key;
  Iter iter;

  iter_init (&iter, type, container, length);
  while (iter_next (&iter, &key, &element))
    g_ptr_array_add (objects, take && !g_object_is_floating (element.v_pointer)
                                ? element.v_pointer
                                : g_object_ref_sink (element.v_pointer));
  g_list_store_splice (store, 0, 0, objects->pdata, objects->len);
  g_value_init (value, G_TYPE_LIST_MODEL);
  g_value_take_object (value, store);
}

static void
put_values (const ThrType *type,
            gpointer       container,
            gsize          length,
            gboolean       take,
            GValue        *value)
{
  GValueArray *values = thr_value_array_new (0);
  GIArgument element;
  gpointer key;
  Iter iter;

  iter_init (&iter, type, container, length);
  while (iter_next (&iter, &key, &element))
    {
      g_auto (GValue) one = G_VALUE_INIT;

      if (type->kind == THR_KIND_HASH)
        {
          g_auto (GValue) key_value = G_VALUE_INIT;

          g_value_init (&key_value, G_TYPE_STRING);
          g_value_take_string (&key_value, take ? key : g_strdup (key));
          thr_value_array_append (values, &key_value);
        }
      put (type->element, &element, take, &one);
      thr_value_array_append (values, &one);
    }
  g_value_init (value, thr_value_array_type ());
  g_value_take_boxed (value, values);
}

static gboolean
is_bytes (const ThrType *type)
{
  return type->kind == THR_KIND_BYTE_ARRAY ||
         ((type->kind == THR_KIND_C_ARRAY || type->kind == THR_KIND_ARRAY) &&
          type->element->kind == THR_KIND_UINT8);
}

/* No copy of what was given to us, which may be a large file. */
static gboolean
put_bytes (const ThrType *type,
           gpointer       container,
           gsize          length,
           gboolean       take,
           GValue        *value)
{
  GBytes *bytes;
  gboolean taken = FALSE;

  if (type->kind == THR_KIND_BYTE_ARRAY || type->kind == THR_KIND_ARRAY)
    {
      /* Both begin in the same way. */
      GByteArray *array = container;

      bytes = g_bytes_new (array->data, array->len);
    }
  else
    {
      Iter iter;

      iter_init (&iter, type, container, length);
      taken = take;
      bytes = taken ? g_bytes_new_take (container, iter.n) : g_bytes_new (container, iter.n);
    }
  g_value_init (value, G_TYPE_BYTES);
  g_value_take_boxed (value, bytes);

  return taken;
}

/* The elements are gone, or were never ours. */
static void
free_shell (const ThrType *type,
            GITransfer     transfer,
            gpointer       container)
{
  gboolean everything = transfer == GI_TRANSFER_EVERYTHING;

  switch (type->kind)
    {
    case THR_KIND_C_ARRAY:
      g_free (container);
      break;
    case THR_KIND_ARRAY:
      if (everything)
        g_array_set_clear_func (container, NULL);
      g_array_unref (container);
      break;
    case THR_KIND_PTR_ARRAY:
      if (everything)
        g_ptr_array_set_free_func (container, NULL);
      g_ptr_array_unref (container);
      break;
    case THR_KIND_BYTE_ARRAY:
      g_byte_array_unref (container);
      break;
    case THR_KIND_LIST:
      g_list_free (container);
      break;
    case THR_KIND_SLIST:
      g_slist_free (container);
      break;
    case THR_KIND_HASH:
      if (everything)
        g_hash_table_steal_all (container);
      g_hash_table_unref (container);
      break;
    case THR_KIND_VOID:
    default:
      g_assert_not_reached ();
    }
}

typedef enum
{
  SHAPE_BYTES,
  SHAPE_STRINGS,
  SHAPE_VARIANT,
  SHAPE_MODEL,
  SHAPE_VALUES,
} Shape;

static Shape
get_shape (const ThrType *type,
           gpointer       container,
           gsize          length)
{
  gboolean strings = type->element != NULL && (type->element->kind == THR_KIND_UTF8 ||
                                               type->element->kind == THR_KIND_FILENAME);

  if (is_bytes (type))
    return SHAPE_BYTES;
  if (container != NULL && thr_kind_is_pointer (type->element->kind) &&
      !all_elements (type, container, length, type->kind == THR_KIND_HASH))
    return SHAPE_VALUES;
  if (container != NULL && type->kind == THR_KIND_HASH && !all_elements (type, container, length, TRUE))
    return SHAPE_VALUES;
  if (strings && type->kind != THR_KIND_HASH)
    return SHAPE_STRINGS;
  if (thr_type_variant_type (type->element) != NULL)
    return SHAPE_VARIANT;
  if (type->element->kind == THR_KIND_OBJECT && type->kind != THR_KIND_HASH)
    return SHAPE_MODEL;

  return SHAPE_VALUES;
}

static void
put_container (const ThrArg *arg,
               gpointer      container,
               gsize         length,
               GValue       *value)
{
  const ThrType *type = arg->type;
  gboolean take = arg->transfer == GI_TRANSFER_EVERYTHING;
  Shape shape = get_shape (type, container, length);

  /* Nothing; but a list that is empty is one. */
  if (container == NULL && type->kind != THR_KIND_LIST && type->kind != THR_KIND_SLIST)
    {
      GType types[] = {
        [SHAPE_BYTES] = G_TYPE_BYTES,
        [SHAPE_STRINGS] = G_TYPE_STRV,
        [SHAPE_VARIANT] = G_TYPE_VARIANT,
        [SHAPE_MODEL] = G_TYPE_LIST_MODEL,
        [SHAPE_VALUES] = thr_value_array_type (),
      };

      g_value_init (value, types[shape]);
      return;
    }

  switch (shape)
    {
    case SHAPE_BYTES:
      if (put_bytes (type, container, length, arg->transfer != GI_TRANSFER_NOTHING, value))
        return;
      break;
    case SHAPE_STRINGS:
      put_strings (type, container, length, take, value);
      break;
    case SHAPE_VARIANT:
      put_variant (type, container, length, take, value);
      break;
    case SHAPE_MODEL:
      put_model (type, container, length, take, value);
      break;
    case SHAPE_VALUES:
    default:
      put_values (type, container, length, take, value);
      break;
    }
  if (arg->transfer != GI_TRANSFER_NOTHING)
    free_shell (type, arg->transfer, container);
}

void
thr_convert_out (const ThrArg *arg,
                 GIArgument   *argument,
                 gsize         length,
                 GValue       *value)
{
  if (thr_kind_is_container (arg->type->kind))
    put_container (arg, argument->v_pointer, length, value);
  else
    put (arg->type, argument, arg->transfer != GI_TRANSFER_NOTHING, value);
}
