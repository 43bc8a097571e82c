/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "tt-object.h"

#include <string.h>

G_DEFINE_ENUM_TYPE (TtColour, tt_colour,
                    G_DEFINE_ENUM_VALUE (TT_COLOUR_RED, "red"),
                    G_DEFINE_ENUM_VALUE (TT_COLOUR_GREEN, "green"),
                    G_DEFINE_ENUM_VALUE (TT_COLOUR_BLUE, "blue"))

G_DEFINE_FLAGS_TYPE (TtSide, tt_side,
                     G_DEFINE_ENUM_VALUE (TT_SIDE_LEFT, "left"),
                     G_DEFINE_ENUM_VALUE (TT_SIDE_RIGHT, "right"),
                     G_DEFINE_ENUM_VALUE (TT_SIDE_TOP, "top"))

G_DEFINE_BOXED_TYPE (TtBox, tt_box, tt_box_copy, tt_box_free)

/**
 * tt_box_new:
 * @number: a number
 *
 * Returns: (transfer full): a box
 */
TtBox *
tt_box_new (int number)
{
  TtBox *self = g_new (TtBox, 1);

  self->number = number;

  return self;
}

/**
 * tt_box_copy:
 * @self: a box
 *
 * Returns: (transfer full): a copy
 */
TtBox *
tt_box_copy (const TtBox *self)
{
  return tt_box_new (self->number);
}

/**
 * tt_box_free:
 * @self: a box
 */
void
tt_box_free (TtBox *self)
{
  g_free (self);
}

G_DEFINE_INTERFACE (TtThing, tt_thing, G_TYPE_OBJECT)

static void
tt_thing_default_init (TtThingInterface *iface)
{
}

/**
 * tt_thing_get_answer:
 * @self: a thing
 *
 * Returns: 42
 */
int
tt_thing_get_answer (TtThing *self)
{
  return 42;
}

typedef struct
{
  gpointer pointer;
  GDestroyNotify destroy;
} Kept;

struct _TtObject
{
  GObject parent_instance;

  int n_calls; /* atomic */

  GMutex kept_mutex; /* guards kept */
  GArray *kept;      /* what was lent, until the object goes */
};

G_DEFINE_TYPE_WITH_CODE (TtObject, tt_object, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (TT_TYPE_THING, NULL))

static void
clear_kept (gpointer data)
{
  Kept *kept = data;

  kept->destroy (kept->pointer);
}

static void
tt_object_finalize (GObject *object)
{
  TtObject *self = TT_OBJECT (object);

  g_array_unref (self->kept);
  g_mutex_clear (&self->kept_mutex);

  G_OBJECT_CLASS (tt_object_parent_class)->finalize (object);
}

static void
tt_object_class_init (TtObjectClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = tt_object_finalize;
}

static void
tt_object_init (TtObject *self)
{
  g_mutex_init (&self->kept_mutex);
  self->kept = g_array_new (FALSE, FALSE, sizeof (Kept));
  g_array_set_clear_func (self->kept, clear_kept);
}

/**
 * tt_object_new:
 *
 * Returns: (transfer full): an object
 */
TtObject *
tt_object_new (void)
{
  return g_object_new (TT_TYPE_OBJECT, NULL);
}

/**
 * tt_object_get_n_calls:
 * @self: an object
 *
 * Returns: how many of its generated methods were called
 */
guint
tt_object_get_n_calls (TtObject *self)
{
  return (guint) g_atomic_int_get (&self->n_calls);
}

/**
 * tt_object_count: (skip)
 */
void
tt_object_count (TtObject *self)
{
  g_atomic_int_inc (&self->n_calls);
}

static gboolean is_lenient; /* set before the first call */

/**
 * tt_set_lenient: (skip)
 */
void
tt_set_lenient (gboolean lenient)
{
  is_lenient = lenient;
}

/**
 * tt_is_lenient: (skip)
 */
gboolean
tt_is_lenient (void)
{
  return is_lenient;
}

/**
 * tt_object_keep: (skip)
 */
gpointer
tt_object_keep (TtObject      *self,
                gpointer       pointer,
                GDestroyNotify destroy)
{
  Kept kept = { pointer, destroy };

  g_mutex_lock (&self->kept_mutex);
  g_array_append_val (self->kept, kept);
  g_mutex_unlock (&self->kept_mutex);

  return pointer;
}

#define DEFINE_SAMPLE(Type, name, expression)                   \
  Type *tt_sample_##name (guint i)                              \
  {                                                             \
    static gsize made[3];                                       \
    if (g_once_init_enter (&made[i]))                           \
      g_once_init_leave (&made[i], (gsize) (expression));       \
    return (Type *) made[i];                                    \
  }

/**
 * tt_sample_object: (skip)
 */
DEFINE_SAMPLE (TtObject, object, tt_object_new ())
/**
 * tt_sample_variant: (skip)
 */
DEFINE_SAMPLE (GVariant, variant, g_variant_ref_sink (g_variant_new_int32 ((gint32) i + 1)))
/**
 * tt_sample_bytes: (skip)
 */
DEFINE_SAMPLE (GBytes, bytes, g_bytes_new_static ("\0abc", i + 2))
/**
 * tt_sample_date_time: (skip)
 */
DEFINE_SAMPLE (GDateTime, date_time, g_date_time_new_from_unix_utc (1700000000 + (gint64) i))
/**
 * tt_sample_box: (skip)
 */
DEFINE_SAMPLE (TtBox, box, tt_box_new ((int) i + 1))
/**
 * tt_sample_error: (skip)
 */
DEFINE_SAMPLE (GError, error, g_error_new (G_IO_ERROR, (int) i, "sample %u", i))
/**
 * tt_sample_param: (skip)
 */
DEFINE_SAMPLE (GParamSpec, param,
               g_param_spec_ref_sink (g_param_spec_boolean ("sample", NULL, NULL, FALSE, G_PARAM_READABLE)))

/**
 * tt_object_succeed:
 * @self: an object
 * @number: a number
 * @next: (out): the next
 * @error: not set
 *
 * Returns: %TRUE
 */
gboolean
tt_object_succeed (TtObject *self,
                   int       number,
                   int      *next,
                   GError  **error)
{
  *next = (int) ((guint) number + 1);

  return TRUE;
}

/**
 * tt_object_fail:
 * @self: an object
 * @error: an error
 *
 * Returns: %FALSE
 */
gboolean
tt_object_fail (TtObject *self,
                GError  **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");

  return FALSE;
}

/**
 * tt_object_fail_silently:
 * @self: an object
 * @error: not set
 *
 * Returns: %FALSE
 */
gboolean
tt_object_fail_silently (TtObject *self,
                         GError  **error)
{
  return FALSE;
}

/**
 * tt_object_join:
 * @self: an object
 * @first: a word
 * @cancellable: (nullable): in the midst of them
 * @second: (nullable): a word
 * @third: (nullable): a word
 * @error: an error
 *
 * Returns: (transfer full): the words
 */
char *
tt_object_join (TtObject     *self,
                const char   *first,
                GCancellable *cancellable,
                const char   *second,
                const char   *third,
                GError      **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  return g_strdup_printf ("%s-%s-%s", first, second != NULL ? second : "", third != NULL ? third : "");
}

/**
 * tt_object_is_cancelled:
 * @self: an object
 * @cancellable: (not nullable): a cancellable that is no option
 *
 * Returns: whether it is cancelled
 */
gboolean
tt_object_is_cancelled (TtObject     *self,
                        GCancellable *cancellable)
{
  g_assert_nonnull (cancellable);

  return g_cancellable_is_cancelled (cancellable);
}

/**
 * tt_object_progress:
 * @self: an object
 * @callback: (nullable) (scope call) (closure user_data): called at 1, 2, 3 and 4 of 4
 * @user_data: its data
 */
void
tt_object_progress (TtObject             *self,
                    GFileProgressCallback callback,
                    gpointer              user_data)
{
  for (int i = 1; i <= 4 && callback != NULL; i++)
    callback (i, 4, user_data);
}

/**
 * tt_object_box_allocated:
 * @self: an object
 * @box: (out caller-allocates): a box
 */
void
tt_object_box_allocated (TtObject *self,
                         TtBox    *box)
{
  box->number = 7;
}

/**
 * tt_object_value_allocated:
 * @self: an object
 * @value: (out caller-allocates): a value
 */
void
tt_object_value_allocated (TtObject *self,
                           GValue   *value)
{
  g_value_init (value, G_TYPE_STRING);
  g_value_set_string (value, "seven");
}

/**
 * tt_object_value_in:
 * @self: an object
 * @value: a value
 * @type: (out): its type
 */
void
tt_object_value_in (TtObject     *self,
                    const GValue *value,
                    GType        *type)
{
  *type = G_VALUE_TYPE (value);
}

/**
 * tt_object_value_return:
 * @self: an object
 *
 * Returns: (transfer full): a value
 */
GValue *
tt_object_value_return (TtObject *self)
{
  GValue *value = g_new0 (GValue, 1);

  g_value_init (value, G_TYPE_STRING);
  g_value_set_string (value, "eight");

  return value;
}

/**
 * tt_object_two_arrays:
 * @self: an object
 * @numbers: (array length=n): as many as
 * @names: (array length=n): names
 * @n: their number
 */
void
tt_object_two_arrays (TtObject    *self,
                      const int   *numbers,
                      const char **names,
                      guint8       n)
{
  for (guint8 i = 0; i < n; i++)
    g_assert_true (is_lenient || numbers[i] == (int) strlen (names[i]));
}

/**
 * tt_object_sum:
 * @self: an object
 * @numbers: (array length=n_numbers) (nullable): numbers
 * @n_numbers: their number
 * @sum: (out): the sum of all
 */
void
tt_object_sum (TtObject  *self,
               const int *numbers,
               int        n_numbers,
               gint64    *sum)
{
  *sum = 0;
  for (int i = 0; i < n_numbers; i++)
    *sum += numbers[i];
}

/**
 * tt_object_get_zeros:
 * @self: an object
 * @n: how many
 *
 * Returns: (transfer full) (array length=n): zeros
 */
guint8 *
tt_object_get_zeros (TtObject *self,
                     gsize     n)
{
  return g_malloc0 (MIN (n, 4096));
}

/**
 * tt_object_consume:
 * @self: (transfer full): an object
 */
void
tt_object_consume (TtObject *self)
{
  g_object_unref (self);
}

/**
 * tt_object_make_floating:
 * @self: an object
 *
 * Returns: (transfer none): an object whose reference floats
 */
GInitiallyUnowned *
tt_object_make_floating (TtObject *self)
{
  return g_object_new (G_TYPE_INITIALLY_UNOWNED, NULL);
}

/**
 * tt_object_make_floating_full:
 * @self: an object
 *
 * Returns: (transfer full): an object whose reference floats all the same
 */
GInitiallyUnowned *
tt_object_make_floating_full (TtObject *self)
{
  return g_object_new (G_TYPE_INITIALLY_UNOWNED, NULL);
}

/**
 * tt_object_make_holes:
 * @self: an object
 *
 * Returns: (transfer full) (array fixed-size=2): nothing, and an object
 */
TtObject **
tt_object_make_holes (TtObject *self)
{
  TtObject **objects = g_new0 (TtObject *, 2);

  objects[1] = g_object_ref (self);

  return objects;
}

/**
 * tt_object_make_odd:
 * @self: an object
 *
 * Returns: (transfer full) (element-type filename filename): names that are no text
 */
GHashTable *
tt_object_make_odd (TtObject *self)
{
  GHashTable *table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  g_hash_table_insert (table, g_strdup ("a"), g_strdup ("\377"));

  return table;
}

/**
 * tt_object_make_floating_variant:
 * @self: an object
 *
 * Returns: (transfer none): a variant whose reference floats
 */
GVariant *
tt_object_make_floating_variant (TtObject *self)
{
  return g_variant_new_string ("floating");
}

/**
 * tt_object_call_back:
 * @self: an object
 * @callback: (scope call) (closure user_data): never called
 * @user_data: its data
 */
void
tt_object_call_back (TtObject *self,
                     GFunc     callback,
                     gpointer  user_data)
{
  g_assert_not_reached ();
}

/**
 * tt_object_call_back_maybe:
 * @self: an object
 * @callback: (scope call) (closure user_data) (nullable): never called
 * @user_data: its data
 * @number: 7
 */
void
tt_object_call_back_maybe (TtObject *self,
                           GFunc     callback,
                           gpointer  user_data,
                           int       number)
{
  g_assert_null (callback);
  g_assert_true (is_lenient || number == 7);
}

/**
 * tt_object_work_async:
 * @self: an object
 * @cancellable: (nullable): a cancellable
 * @callback: (nullable) (scope async) (closure user_data): never called
 * @user_data: its data
 */
void
tt_object_work_async (TtObject           *self,
                      GCancellable       *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer            user_data)
{
  g_assert_not_reached ();
}

/**
 * tt_object_point:
 * @self: an object
 * @pointer: to what?
 */
void
tt_object_point (TtObject *self,
                 gpointer  pointer)
{
  g_assert_not_reached ();
}

/**
 * tt_object_get_pointer:
 * @self: an object
 *
 * Returns: (nullable) (transfer none): to what?
 */
gpointer
tt_object_get_pointer (TtObject *self)
{
  g_assert_not_reached ();
}

/**
 * tt_object_read:
 * @self: an object
 * @buffer: (out caller-allocates) (array length=count): a buffer
 * @count: its size
 *
 * Returns: how much there is in it
 */
gsize
tt_object_read (TtObject *self,
                guint8   *buffer,
                gsize     count)
{
  g_assert_not_reached ();
}

/**
 * tt_object_plain:
 * @self: an object
 * @plain: a structure without a GType
 */
void
tt_object_plain (TtObject *self,
                 TtPlain  *plain)
{
  g_assert_not_reached ();
}

/**
 * tt_object_nested:
 * @self: an object
 * @lists: (element-type GLib.List(utf8)): lists of lists
 */
void
tt_object_nested (TtObject *self,
                  GList    *lists)
{
  g_assert_not_reached ();
}

/**
 * tt_object_int_keys:
 * @self: an object
 * @table: (element-type int utf8): a table
 */
void
tt_object_int_keys (TtObject   *self,
                    GHashTable *table)
{
  g_assert_not_reached ();
}

/**
 * tt_object_closure:
 * @self: an object
 * @closure: code
 */
void
tt_object_closure (TtObject *self,
                   GClosure *closure)
{
  g_assert_not_reached ();
}
