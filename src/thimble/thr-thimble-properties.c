/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "thimble/thr-nearest-private.h"

/* The properties of the target. */

static GParamSpec *
refuse_unknown (ThrThimble *self,
                const char *name,
                GError    **error)
{
  g_autofree GParamSpec **pspecs = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *type_name = G_OBJECT_TYPE_NAME (self->target), *like;
  guint n_pspecs;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (self->target), &n_pspecs);
  for (guint i = 0; i < n_pspecs; i++)
    g_ptr_array_add (names, (gpointer) pspecs[i]->name);
  g_ptr_array_add (names, NULL);

  like = thr_nearest_name (name, (const char * const *) names->pdata);
  if (like != NULL)
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                 _("%s has no property “%s”: did you mean “%s”?"), type_name, name, like);
  else
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT, _("%s has no property “%s”"),
                 type_name, name);
  return NULL;
}

static GParamSpec *
find_property (ThrThimble *self,
               const char *name,
               GError    **error)
{
  GParamSpec *pspec;

  if (self->target == NULL)
    {
      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_STATE,
                   _("A thimble of functions has no target, and so no property “%s”"), name);
      return NULL;
    }
  pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (self->target), name);
  return pspec != NULL ? pspec : refuse_unknown (self, name, error);
}

static void
get_property (ThrThimble *self,
              const char *name,
              GValue     *value,
              GError    **error)
{
  GParamSpec *pspec = find_property (self, name, error);
  g_auto (GValue) got = G_VALUE_INIT;

  if (pspec == NULL)
    return;
  if (!(pspec->flags & G_PARAM_READABLE))
    {
      g_set_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED,
                   _("The property “%s” of %s cannot be read"), name,
                   G_OBJECT_TYPE_NAME (self->target));
      return;
    }
  g_object_get_property (self->target, pspec->name, g_value_init (&got, pspec->value_type));
  thr_thimble_give (self, value, &got);
}

static gboolean
is_null (const GValue *value)
{
  return (G_VALUE_HOLDS_POINTER (value) && g_value_get_pointer (value) == NULL) ||
         (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) == NULL) ||
         (G_VALUE_HOLDS_OBJECT (value) && g_value_get_object (value) == NULL) ||
         (G_VALUE_HOLDS_BOXED (value) && g_value_get_boxed (value) == NULL);
}

static gboolean
is_pointer_like (GType type)
{
  return g_type_is_a (type, G_TYPE_OBJECT) || g_type_is_a (type, G_TYPE_INTERFACE) ||
         g_type_is_a (type, G_TYPE_BOXED) || g_type_is_a (type, G_TYPE_STRING) ||
         g_type_is_a (type, G_TYPE_VARIANT) || g_type_is_a (type, G_TYPE_PARAM);
}

/* As an integer, where the value is one or a double that is integral. */
static gboolean
get_integer (const GValue *value,
             gboolean     *is_negative,
             guint64      *number)
{
  g_auto (GValue) other = G_VALUE_INIT;
  gint64 small;

  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_UCHAR:
    case G_TYPE_UINT:
    case G_TYPE_ULONG:
    case G_TYPE_UINT64:
      g_value_transform (value, g_value_init (&other, G_TYPE_UINT64));
      *is_negative = FALSE;
      *number = g_value_get_uint64 (&other);
      return TRUE;
    case G_TYPE_CHAR:
    case G_TYPE_INT:
    case G_TYPE_LONG:
    case G_TYPE_INT64:
      g_value_transform (value, g_value_init (&other, G_TYPE_INT64));
      small = g_value_get_int64 (&other);
      break;
    case G_TYPE_DOUBLE:
      /* 2⁵³: up to there a double holds every integer. */
      if (!(ABS (g_value_get_double (value)) <= 9007199254740992.0) ||
          (double) (gint64) g_value_get_double (value) != g_value_get_double (value))
        return FALSE;
      small = (gint64) g_value_get_double (value);
      break;
    default:
      return FALSE;
    }
  *is_negative = small < 0;
  *number = small < 0 ? -(guint64) small : (guint64) small;
  return TRUE;
}

/* Into the type of the property, where nothing is lost. */
static gboolean
convert_integer (const GValue *value,
                 GValue       *converted)
{
  static const struct
  {
    GType type;
    guint64 max;
    guint64 min; /* without the sign */
  } ranges[] = {
    { G_TYPE_CHAR, G_MAXINT8, (guint64) G_MAXINT8 + 1 },
    { G_TYPE_UCHAR, G_MAXUINT8, 0 },
    { G_TYPE_INT, G_MAXINT, (guint64) G_MAXINT + 1 },
    { G_TYPE_UINT, G_MAXUINT, 0 },
    { G_TYPE_LONG, G_MAXLONG, (guint64) G_MAXLONG + 1 },
    { G_TYPE_ULONG, G_MAXULONG, 0 },
    { G_TYPE_INT64, G_MAXINT64, (guint64) G_MAXINT64 + 1 },
    { G_TYPE_UINT64, G_MAXUINT64, 0 },
  };
  g_auto (GValue) wide = G_VALUE_INIT;
  gboolean is_negative;
  guint64 number;

  if (!get_integer (value, &is_negative, &number))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++)
    {
      if (ranges[i].type != G_VALUE_TYPE (converted))
        continue;
      if (number > (is_negative ? ranges[i].min : ranges[i].max))
        return FALSE;
      if (is_negative)
        g_value_set_int64 (g_value_init (&wide, G_TYPE_INT64), (gint64) (0 - number));
      else
        g_value_set_uint64 (g_value_init (&wide, G_TYPE_UINT64), number);
      return g_value_transform (&wide, converted);
    }
  return FALSE;
}

/* An enumeration by value or by nick. */
static gboolean
convert_enum (const GValue *value,
              GValue       *converted)
{
  g_autoptr (GTypeClass) held = g_type_class_ref (G_VALUE_TYPE (converted));
  GEnumClass *klass = (GEnumClass *) held;
  const GEnumValue *found = NULL;
  gboolean is_negative;
  guint64 number;

  if (G_VALUE_HOLDS_STRING (value) && g_value_get_string (value) != NULL)
    found = g_enum_get_value_by_nick (klass, g_value_get_string (value));
  else if (get_integer (value, &is_negative, &number) && number <= G_MAXINT)
    found = g_enum_get_value (klass, is_negative ? -(int) number : (int) number);
  if (found != NULL)
    g_value_set_enum (converted, found->value);
  return found != NULL;
}

static gboolean
convert_flags (const GValue *value,
               GValue       *converted)
{
  gboolean is_negative;
  guint64 number;

  if (!get_integer (value, &is_negative, &number) || is_negative || number > G_MAXUINT)
    return FALSE;
  g_value_set_flags (converted, (guint) number);
  return TRUE;
}

static gboolean
convert (const GValue *value,
         GValue       *converted)
{
  GType type = G_VALUE_TYPE (converted);

  if (is_null (value) && is_pointer_like (type))
    return TRUE;
  if (g_value_type_compatible (G_VALUE_TYPE (value), type))
    {
      g_value_copy (value, converted);
      return TRUE;
    }
  /* An object whose value says less than the object is. */
  if (G_VALUE_HOLDS_OBJECT (value) && g_value_get_object (value) != NULL &&
      g_type_is_a (G_OBJECT_TYPE (g_value_get_object (value)), type))
    {
      g_value_set_object (converted, g_value_get_object (value));
      return TRUE;
    }
  if (G_VALUE_HOLDS_ENUM (converted))
    return convert_enum (value, converted);
  if (G_VALUE_HOLDS_FLAGS (converted))
    return convert_flags (value, converted);
  if (G_VALUE_HOLDS_FLOAT (converted) || G_VALUE_HOLDS_DOUBLE (converted))
    return (G_VALUE_HOLDS_FLOAT (value) || G_VALUE_HOLDS_DOUBLE (value) ||
            G_VALUE_HOLDS_INT (value) || G_VALUE_HOLDS_UINT (value) ||
            G_VALUE_HOLDS_INT64 (value) || G_VALUE_HOLDS_UINT64 (value)) &&
           g_value_transform (value, converted);
  return convert_integer (value, converted);
}

static gboolean
set_property (ThrThimble   *self,
              const char   *name,
              const GValue *value,
              GError      **error)
{
  GParamSpec *pspec = find_property (self, name, error);
  const char *type_name;
  g_auto (GValue) converted = G_VALUE_INIT;
  g_autofree char *given = NULL;

  if (pspec == NULL)
    return FALSE;
  type_name = G_OBJECT_TYPE_NAME (self->target);
  if (!(pspec->flags & G_PARAM_WRITABLE) || (pspec->flags & G_PARAM_CONSTRUCT_ONLY))
    {
      g_set_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED,
                   _("The property “%s” of %s cannot be set"), name, type_name);
      return FALSE;
    }

  if (!convert (value, g_value_init (&converted, pspec->value_type)))
    {
      given = g_strdup_value_contents (value);
      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                   _("The property “%s” of %s is of type %s, and cannot be set to %s of type %s"),
                   name, type_name, g_type_name (pspec->value_type), given,
                   G_VALUE_TYPE_NAME (value));
      return FALSE;
    }
  /* What would be changed to fit is out of range. */
  if (g_param_value_validate (pspec, &converted) && !(pspec->flags & G_PARAM_LAX_VALIDATION))
    {
      given = g_strdup_value_contents (value);
      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                   _("%s is out of the range of the property “%s” of %s"), given, name, type_name);
      return FALSE;
    }
  g_object_set_property (self->target, pspec->name, &converted);
  return TRUE;
}

/**
 * thr_thimble_get_target_property:
 * @self: a thimble
 * @name: the name of a property of the target
 * @value: (out caller-allocates): where to put its value; in C set to
 *   `G_VALUE_INIT`, or to a value, which is replaced
 * @error: where to put an error
 *
 * Reads a property of the target, at once and on the calling thread.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` where there is no such property,
 * `THR_ERROR_NOT_SUPPORTED` where it cannot be read, `THR_ERROR_INVALID_STATE`
 * where there is no target or it was disposed, `THR_ERROR_BUSY` as
 * [property@Thr.Thimble:serialize-all] says, or that of a hook; @value is a
 * string that is `NULL` then.
 *
 * Since: 1.0
 */
void
thr_thimble_get_target_property (ThrThimble *self,
                                 const char *name,
                                 GValue     *value,
                                 GError    **error)
{
  g_autoptr (ThrAccess) access = NULL;

  g_return_if_fail (THR_IS_THIMBLE (self));
  g_return_if_fail (name != NULL);
  g_return_if_fail (value != NULL);
  g_return_if_fail (error == NULL || *error == NULL);

  /* A binding reads the value even where there is an error. */
  thr_value_give (value, NULL);
  if (!thr_thimble_check_target (self, error) ||
      !thr_thimble_run_hooks (self, THR_ACCESS_KIND_GET, name, NULL, 0, &access, error))
    return;
  if (access != NULL && access->has_result)
    {
      thr_thimble_give (self, value, &access->result);
      return;
    }
  if (access != NULL && access->callee != NULL)
    name = access->callee;
  if (thr_thimble_check_busy (self, name, error))
    get_property (self, name, value, error);
}

/**
 * thr_thimble_set_target_property:
 * @self: a thimble
 * @name: the name of a property of the target
 * @value: what to set it to
 * @error: where to put an error
 *
 * Sets a property of the target, at once and on the calling thread.
 *
 * The value is converted to the type of the property where nothing is lost:
 * between integers, and an enumeration by its nick. A value that is out of the
 * property's range is refused.
 *
 * The error is `THR_ERROR_INVALID_ARGUMENT` where there is no such property or
 * the value does not fit, `THR_ERROR_NOT_SUPPORTED` where it cannot be set,
 * `THR_ERROR_INVALID_STATE` where there is no target or it was disposed,
 * `THR_ERROR_BUSY` as [property@Thr.Thimble:serialize-all] says, or that of a
 * hook.
 *
 * Returns: `TRUE` if it was set
 *
 * Since: 1.0
 */
gboolean
thr_thimble_set_target_property (ThrThimble   *self,
                                 const char   *name,
                                 const GValue *value,
                                 GError      **error)
{
  g_autoptr (ThrAccess) access = NULL;

  g_return_val_if_fail (THR_IS_THIMBLE (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (G_IS_VALUE (value), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!thr_thimble_check_target (self, error) ||
      !thr_thimble_run_hooks (self, THR_ACCESS_KIND_SET, name, value, 1, &access, error))
    return FALSE;
  if (access != NULL && access->has_result)
    return TRUE;
  if (access != NULL && access->callee != NULL)
    name = access->callee;
  if (access != NULL && access->n_arguments != 1)
    {
      g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                   _("The hook of the property “%s” left %u values to set it to: it takes one"),
                   name, (guint) access->n_arguments);
      return FALSE;
    }
  return thr_thimble_check_busy (self, name, error) &&
         set_property (self, name, access != NULL ? access->arguments : value, error);
}
