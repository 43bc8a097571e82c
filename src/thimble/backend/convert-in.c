/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include "base/thr-i18n-private.h"

/* Fewer elements than this are not worth a look at the memory first. */
#define LARGE (1024 * 1024)

/* What elements can be taken from, one by one. */
typedef struct
{
  enum
  {
    BYTES,
    STRINGS,
    VARIANTS,
    VALUES,
    MODEL,
  } kind;
  gsize n;
  gconstpointer data;
} Source;

static const GValue *
unwrap (const GValue *value)
{
  while (G_VALUE_HOLDS (value, G_TYPE_VALUE) && !thr_value_is_null (value))
    value = g_value_get_boxed (value);

  return value;
}

static gboolean
open_boxed (Source       *self,
            const GValue *value)
{
  gconstpointer boxed = g_value_get_boxed (value);
  GType type = G_VALUE_TYPE (value);

  self->data = boxed;
  if (type == G_TYPE_STRV)
    {
      self->kind = STRINGS;
      self->n = g_strv_length ((char **) boxed);
    }
  else if (type == G_TYPE_BYTES)
    {
      self->kind = BYTES;
      self->data = g_bytes_get_data ((GBytes *) boxed, &self->n);
    }
  else if (type == G_TYPE_BYTE_ARRAY)
    {
      self->kind = BYTES;
      self->data = ((const GByteArray *) boxed)->data;
      self->n = ((const GByteArray *) boxed)->len;
    }
  else if (type == thr_value_array_type ())
    {
      self->kind = VALUES;
      self->n = ((const GValueArray *) boxed)->n_values;
    }
  else
    return FALSE;

  return TRUE;
}

/* Pointers of C, such as a GPtrArray, do not say what they hold. */
static gboolean
source_open (Source       *self,
             const GValue *value)
{
  if (!G_IS_VALUE (value))
    return FALSE;
  if (G_VALUE_HOLDS_BOXED (value))
    return open_boxed (self, value);
  if (G_VALUE_HOLDS_VARIANT (value))
    {
      GVariant *variant = g_value_get_variant (value);

      self->data = variant;
      if (g_variant_is_of_type (variant, G_VARIANT_TYPE_BYTESTRING))
        {
          self->kind = BYTES;
          self->data = g_variant_get_fixed_array (variant, &self->n, 1);
          return TRUE;
        }
      self->kind = VARIANTS;
      if (!g_variant_is_container (variant) || g_variant_is_of_type (variant, G_VARIANT_TYPE_MAYBE))
        return FALSE;
      self->n = g_variant_n_children (variant);
      return TRUE;
    }
  if (G_VALUE_HOLDS_OBJECT (value) && G_IS_LIST_MODEL (g_value_get_object (value)))
    {
      self->kind = MODEL;
      self->data = g_value_get_object (value);
      self->n = g_list_model_get_n_items ((GListModel *) self->data);
      return TRUE;
    }

  return FALSE;
}

static void
source_get (Source *self,
            gsize   i,
            GValue *value)
{
  switch (self->kind)
    {
    case BYTES:
      g_value_init (value, G_TYPE_UCHAR);
      g_value_set_uchar (value, ((const guint8 *) self->data)[i]);
      break;
    case STRINGS:
      g_value_init (value, G_TYPE_STRING);
      g_value_set_static_string (value, ((const char *const *) self->data)[i]);
      break;
    case VARIANTS:
      {
        g_autoptr (GVariant) child = g_variant_get_child_value ((GVariant *) self->data, i);

        /* A variant in it may be what is wanted: thr_convert_scalar() knows. */
        g_value_init (value, G_TYPE_VARIANT);
        if (g_variant_is_of_type (child, G_VARIANT_TYPE_VARIANT))
          g_value_take_variant (value, g_variant_get_variant (child));
        else
          g_value_set_variant (value, child);
      }
      break;
    case VALUES:
      {
        const GValue *element = &((const GValueArray *) self->data)->values[i];

        if (G_IS_VALUE (element))
          {
            g_value_init (value, G_VALUE_TYPE (element));
            g_value_copy (element, value);
          }
      }
      break;
    case MODEL:
    default:
      g_value_init (value, G_TYPE_OBJECT);
      g_value_take_object (value, g_list_model_get_item ((GListModel *) self->data, (guint) i));
      break;
    }
}

static gboolean
convert_element (const ThrType *type,
                 Source        *source,
                 gsize          i,
                 GIArgument    *result,
                 char         **problem)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autofree char *why = NULL;

  memset (result, 0, sizeof *result);
  source_get (source, i, &value);
  if (thr_convert_scalar (type, &value, result, &why))
    return TRUE;
  *problem = g_strdup_printf (_("element %" PRIu64 ": %s"), (guint64) i, why);

  return FALSE;
}

/* A container in the making. Of what only the shell is given away, the elements
 * are held; of what is kept or given away whole, a container that counts
 * references frees them itself, since whoever it was lent to may keep it. */
typedef struct
{
  const ThrType *type;
  gboolean hold;
  ThrSlot *slot;
  gsize n_held;
} Builder;

static GDestroyNotify
get_destroy (Builder *self)
{
  return self->hold ? NULL : thr_type_get_destroy (self->type->element);
}

static void
builder_begin (Builder *self,
               gsize    n)
{
  const ThrType *element = self->type->element;

  switch (self->type->kind)
    {
    case THR_KIND_C_ARRAY:
      /* One more, which is zero, whether somebody looks for it or not. */
      self->slot->value.v_pointer = g_malloc0_n (n + 1, thr_type_size (element));
      break;
    case THR_KIND_ARRAY:
      {
        GArray *array = g_array_sized_new (TRUE, TRUE, (guint) thr_type_size (element), (guint) n);

        if (!self->hold && thr_kind_is_pointer (element->kind))
          g_array_set_clear_func (array, thr_type_get_clear (element));
        self->slot->value.v_pointer = array;
      }
      break;
    case THR_KIND_PTR_ARRAY:
      self->slot->value.v_pointer = g_ptr_array_new_full ((guint) n, get_destroy (self));
      break;
    case THR_KIND_HASH:
      self->slot->value.v_pointer = g_hash_table_new_full (g_str_hash, g_str_equal, self->hold ? NULL : g_free,
                                                           get_destroy (self));
      break;
    case THR_KIND_VOID:
    default:
      self->slot->value.v_pointer = NULL;
      break;
    }
  if (self->hold)
    self->slot->held = g_new0 (gpointer, 2 * n + 1);
}

static void
hold (Builder *self,
      gpointer pointer)
{
  if (self->hold)
    self->slot->held[self->n_held++] = pointer;
}

/* Lists are filled from their end. */
static void
builder_add (Builder    *self,
             gsize       i,
             char       *key,
             GIArgument *element)
{
  const ThrType *type = self->type->element;
  ThrSlot *slot = self->slot;

  switch (self->type->kind)
    {
    case THR_KIND_C_ARRAY:
      thr_type_store (type, element, (guint8 *) slot->value.v_pointer + i * thr_type_size (type));
      break;
    case THR_KIND_ARRAY:
      g_array_append_vals (slot->value.v_pointer, element, 1);
      break;
    case THR_KIND_PTR_ARRAY:
      g_ptr_array_add (slot->value.v_pointer, thr_type_pack (type, element));
      break;
    case THR_KIND_LIST:
      slot->value.v_pointer = g_list_prepend (slot->value.v_pointer, thr_type_pack (type, element));
      break;
    case THR_KIND_SLIST:
      slot->value.v_pointer = g_slist_prepend (slot->value.v_pointer, thr_type_pack (type, element));
      break;
    case THR_KIND_HASH:
      g_hash_table_insert (slot->value.v_pointer, key, thr_type_pack (type, element));
      break;
    case THR_KIND_VOID:
    default:
      g_assert_not_reached ();
    }
  if (thr_kind_is_pointer (type->kind))
    hold (self, element->v_pointer);
  slot->n_given++;
}

static gboolean
fill (Builder *self,
      Source  *source,
      char   **problem)
{
  gboolean backwards = self->type->kind == THR_KIND_LIST || self->type->kind == THR_KIND_SLIST;

  for (gsize i = 0; i < source->n; i++)
    {
      gsize n = backwards ? source->n - 1 - i : i;
      GIArgument element;

      if (!convert_element (self->type->element, source, n, &element, problem))
        return FALSE;
      /* It would end the array before its end. */
      if (self->type->kind == THR_KIND_C_ARRAY && self->type->fixed_size < 0 && self->type->length < 0 &&
          !thr_kind_is_pointer (self->type->element->kind) &&
          thr_type_pack (self->type->element, &element) == NULL &&
          self->type->element->kind != THR_KIND_FLOAT && self->type->element->kind != THR_KIND_DOUBLE)
        {
          *problem = g_strdup_printf (_("element %" PRIu64 ": a zero would end the array"), (guint64) n);
          return FALSE;
        }
      builder_add (self, n, NULL, &element);
    }

  return TRUE;
}

/* Keys and values: the entries of a GVariant, or taking turns. */
static gboolean
fill_hash (Builder *self,
           Source  *source,
           char   **problem)
{
  ThrType key_type = { .kind = THR_KIND_UTF8, .name = "utf8" };
  gsize step = source->kind == VALUES ? 2 : 1;

  for (gsize i = 0; i < source->n; i += step)
    {
      GIArgument key;
      GIArgument element;
      gboolean converted;

      if (step == 2)
        {
          if (!convert_element (&key_type, source, i, &key, problem))
            return FALSE;
          converted = convert_element (self->type->element, source, i + 1, &element, problem);
        }
      else
        {
          g_autoptr (GVariant) entry = g_variant_get_child_value ((GVariant *) source->data, i);
          Source pair = { .kind = VARIANTS, .n = 2, .data = entry };

          if (!convert_element (&key_type, &pair, 0, &key, problem))
            return FALSE;
          converted = convert_element (self->type->element, &pair, 1, &element, problem);
        }
      if (!converted)
        {
          g_free (key.v_string);
          return FALSE;
        }
      if (g_hash_table_contains (self->slot->value.v_pointer, key.v_string))
        {
          g_autofree char *shown = thr_show_text (key.v_string);

          *problem = g_strdup_printf (_("the key “%s” is there twice"), shown);
          g_free (key.v_string);
          if (thr_kind_is_pointer (self->type->element->kind))
            thr_type_free (self->type->element, element.v_pointer);
          return FALSE;
        }
      hold (self, key.v_string);
      builder_add (self, i, key.v_string, &element);
    }

  return TRUE;
}

static gboolean
wants_bytes (const ThrType *type)
{
  return type->kind == THR_KIND_BYTE_ARRAY ||
         ((type->kind == THR_KIND_C_ARRAY || type->kind == THR_KIND_ARRAY) &&
          type->element->kind == THR_KIND_UINT8 &&
          (type->length >= 0 || type->fixed_size >= 0 || type->kind == THR_KIND_ARRAY));
}

static void
fill_bytes (const ThrType *type,
            Source        *source,
            ThrSlot       *slot)
{
  slot->n_given = source->n;
  if (type->kind == THR_KIND_C_ARRAY)
    {
      guint8 *copy = g_malloc (source->n + 1);

      if (source->n > 0)
        memcpy (copy, source->data, source->n);
      copy[source->n] = 0;
      slot->value.v_pointer = copy;
    }
  else if (type->kind == THR_KIND_ARRAY)
    {
      slot->value.v_pointer = g_array_sized_new (TRUE, TRUE, 1, (guint) source->n);
      if (source->n > 0)
        g_array_append_vals (slot->value.v_pointer, source->data, (guint) source->n);
    }
  else
    {
      slot->value.v_pointer = g_byte_array_sized_new ((guint) source->n);
      if (source->n > 0)
        g_byte_array_append (slot->value.v_pointer, source->data, (guint) source->n);
    }
}

/* Where memory is refused GLib ends the program: what is large is tried first.
 * GArray and its kin take the next power of two; beside it stands what is held. */
static gboolean
check_memory (const ThrType *type,
              gsize          n,
              char         **problem)
{
  gsize size = wants_bytes (type) ? 2 : 2 * thr_type_size (type->element) + 2 * sizeof (gpointer);
  gpointer memory;

  if (n < LARGE)
    return TRUE;
  memory = g_try_malloc_n (n + 1, size);
  g_free (memory);
  if (memory == NULL)
    *problem = g_strdup_printf (_("there is no memory for so many elements: %" PRIu64), (guint64) n);
  return memory != NULL;
}

static gboolean
check_source (const ThrType *type,
              const Source  *source,
              const GValue  *value,
              char         **problem)
{
  if (type->kind == THR_KIND_HASH &&
      !(source->kind == VALUES && source->n % 2 == 0) &&
      !(source->kind == VARIANTS && g_variant_is_of_type ((GVariant *) source->data, G_VARIANT_TYPE_DICTIONARY)))
    {
      *problem = g_strdup_printf (_("%s is wanted, and %s was given"), type->name, thr_value_name (value));
      return FALSE;
    }
  if (type->fixed_size >= 0 && source->n != (gsize) type->fixed_size)
    {
      *problem = g_strdup_printf (_("elements wanted: %" PRIu64 ", given: %" PRIu64), (guint64) type->fixed_size,
                                  (guint64) source->n);
      return FALSE;
    }
  /* GArray and its kin count in a guint. */
  if (source->n >= G_MAXUINT / 2 && type->kind != THR_KIND_C_ARRAY)
    {
      *problem = g_strdup_printf (_("elements wanted: %" PRIu64 " at most, given: %" PRIu64),
                                  (guint64) (G_MAXUINT / 2), (guint64) source->n);
      return FALSE;
    }

  return check_memory (type, source->n, problem);
}

static gboolean
convert_container (const ThrArg *arg,
                   const GValue *value,
                   ThrSlot      *slot,
                   char        **problem)
{
  const ThrType *type = arg->type;
  Builder builder = { .type = type, .slot = slot };
  Source source = { 0 };
  gboolean filled;

  value = unwrap (value);
  if (!source_open (&source, value) || (type->kind == THR_KIND_BYTE_ARRAY && source.kind == STRINGS))
    {
      *problem = g_strdup_printf (_("%s is wanted, and %s was given"), type->name, thr_value_name (value));
      return FALSE;
    }
  if (!check_source (type, &source, value, problem))
    return FALSE;

  if (source.kind == BYTES && wants_bytes (type))
    {
      fill_bytes (type, &source, slot);
      return TRUE;
    }
  if (type->kind == THR_KIND_BYTE_ARRAY)
    {
      static const ThrType byte = { .kind = THR_KIND_UINT8, .name = "guint8", .fixed_size = -1, .length = -1 };
      GByteArray *bytes = g_byte_array_sized_new ((guint) source.n);

      for (gsize i = 0; i < source.n; i++)
        {
          GIArgument element;

          if (!convert_element (&byte, &source, i, &element, problem))
            {
              g_byte_array_unref (bytes);
              return FALSE;
            }
          g_byte_array_append (bytes, &element.v_uint8, 1);
        }
      slot->value.v_pointer = bytes;
      return TRUE;
    }

  builder.hold = arg->transfer == GI_TRANSFER_CONTAINER &&
                 (thr_kind_is_pointer (type->element->kind) || type->kind == THR_KIND_HASH);
  builder_begin (&builder, source.n);
  filled = type->kind == THR_KIND_HASH ? fill_hash (&builder, &source, problem)
                                       : fill (&builder, &source, problem);
  if (!filled)
    {
      slot->given = slot->value;
      thr_convert_release (arg, slot, FALSE);
      memset (slot, 0, sizeof *slot);
    }

  return filled;
}

/* One argument. On failure, nothing is left of it. */
gboolean
thr_convert_in (const ThrArg *arg,
                const GValue *value,
                ThrSlot      *slot,
                char        **problem)
{
  if (value == NULL || (thr_value_is_null (value) && thr_kind_is_pointer (arg->type->kind) &&
                        arg->type->kind != THR_KIND_VALUE))
    {
      /* An empty list is NULL. */
      if (!arg->nullable && arg->type->kind != THR_KIND_LIST && arg->type->kind != THR_KIND_SLIST)
        {
          *problem = g_strdup_printf (_("%s is wanted, and it may not be NULL"), arg->type->name);
          return FALSE;
        }
      slot->value.v_pointer = NULL;
    }
  else if (thr_kind_is_container (arg->type->kind))
    {
      if (!convert_container (arg, value, slot, problem))
        return FALSE;
    }
  else if (!thr_convert_scalar (arg->type, value, &slot->value, problem))
    return FALSE;
  slot->given = slot->value;

  return TRUE;
}

static void
free_held (const ThrType *type,
           ThrSlot       *slot)
{
  gsize i = 0;

  for (gsize n = 0; n < slot->n_given; n++)
    {
      if (type->kind == THR_KIND_HASH)
        g_free (slot->held[i++]);
      if (thr_kind_is_pointer (type->element->kind))
        thr_type_free (type->element, slot->held[i++]);
    }
  g_clear_pointer (&slot->held, g_free);
}

static void
free_elements (const ThrType *type,
               ThrSlot       *slot)
{
  gpointer container = slot->given.v_pointer;

  if (!thr_kind_is_pointer (type->element->kind))
    return;

  if (type->kind == THR_KIND_C_ARRAY)
    for (gsize i = 0; i < slot->n_given; i++)
      thr_type_free (type->element, ((gpointer *) container)[i]);
  else if (type->kind == THR_KIND_LIST)
    for (GList *l = container; l != NULL; l = l->next)
      thr_type_free (type->element, l->data);
  else if (type->kind == THR_KIND_SLIST)
    for (GSList *l = container; l != NULL; l = l->next)
      thr_type_free (type->element, l->data);
}

static void
free_shell (const ThrType *type,
            gpointer       container)
{
  switch (type->kind)
    {
    case THR_KIND_C_ARRAY:
      g_free (container);
      break;
    case THR_KIND_ARRAY:
      g_array_unref (container);
      break;
    case THR_KIND_PTR_ARRAY:
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
      g_hash_table_unref (container);
      break;
    case THR_KIND_VOID:
    default:
      g_assert_not_reached ();
    }
}

/* What was made for an argument and was not given away: all of it, if the call
 * never took place. */
void
thr_convert_release (const ThrArg *arg,
                     ThrSlot      *slot,
                     gboolean      invoked)
{
  gpointer given = slot->given.v_pointer;

  if (!thr_kind_is_pointer (arg->type->kind) || (given == NULL && slot->held == NULL))
    return;

  if (!thr_kind_is_container (arg->type->kind))
    {
      if (!invoked || arg->transfer == GI_TRANSFER_NOTHING)
        thr_type_free (arg->type, given);
      return;
    }

  if (slot->held != NULL)
    free_held (arg->type, slot);
  else if (arg->type->element != NULL && (!invoked || arg->transfer == GI_TRANSFER_NOTHING))
    free_elements (arg->type, slot);
  if (given != NULL && (!invoked || arg->transfer == GI_TRANSFER_NOTHING))
    free_shell (arg->type, given);
}
