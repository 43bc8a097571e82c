/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include "base/thr-i18n-private.h"

/* What stands in the way, and what can be done about it. */
static void
refuse (GError       **error,
        const ThrPlan *self,
        const ThrArg  *arg,
        const char    *why,
        const char    *way_out)
{
  if (arg == &self->result)
    g_set_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED,
                 _("%s cannot be called by name: its result, of type %s, %s. %s"),
                 self->name, arg->type->name, _ (why), _ (way_out));
  else
    g_set_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED,
                 _("%s cannot be called by name: its argument “%s”, of type %s, %s. %s"),
                 self->name, arg->name, arg->type->name, _ (why), _ (way_out));
}

static const char *const write_a_job =
  N_ ("Call it in a function of your own, and run that in a thread with Thr.ThreadManager.do_async().");

static char *
make_name (GIFunctionInfo *info)
{
  GIBaseInfo *container = gi_base_info_get_container ((GIBaseInfo *) info);
  const char *namespace_ = gi_base_info_get_namespace ((GIBaseInfo *) info);
  const char *name = gi_base_info_get_name ((GIBaseInfo *) info);

  if (container != NULL)
    return g_strdup_printf ("%s.%s.%s", namespace_, gi_base_info_get_name (container), name);

  return g_strdup_printf ("%s.%s", namespace_, name);
}

/* What counts references belongs to the language that holds them. */
static gboolean
is_of_object_life (const char *name)
{
  static const char *const names[] = {
    "GObject.Object.force_floating", "GObject.Object.ref",   "GObject.Object.ref_sink",
    "GObject.Object.run_dispose",    "GObject.Object.unref", NULL
  };

  return g_strv_contains (names, name);
}

static gboolean
is_length_kind (ThrKind kind)
{
  return kind >= THR_KIND_INT8 && kind <= THR_KIND_UINT64;
}

static const char *
read_arg (ThrArg         *self,
          GICallableInfo *info,
          guint           i)
{
  GIArgInfo *arg = gi_callable_info_get_arg (info, i);
  GITypeInfo *type = gi_arg_info_get_type_info (arg);
  const char *refusal = NULL;

  self->name = g_strdup (gi_base_info_get_name ((GIBaseInfo *) arg));
  self->direction = gi_arg_info_get_direction (arg);
  self->transfer = gi_arg_info_get_ownership_transfer (arg);
  self->nullable = gi_arg_info_may_be_null (arg);
  self->caller_allocates = self->direction != GI_DIRECTION_IN && gi_arg_info_is_caller_allocates (arg);
  self->type = thr_type_new (type, self->caller_allocates, &refusal);
  self->role = gi_arg_info_is_skip (arg) ? THR_ROLE_SKIPPED : THR_ROLE_VISIBLE;
  self->closure = -1;
  if (refusal == NULL && self->type->kind == THR_KIND_CALLBACK)
    self->closure = gi_closure_index (arg);
  gi_base_info_unref (type);
  gi_base_info_unref (arg);

  return refusal;
}

/* A callback would be called on a background thread: it is left out, where it
 * may be. */
static gboolean
place_callback (ThrPlan        *self,
                GICallableInfo *info,
                guint           i,
                GError        **error)
{
  ThrArg *arg = &self->args[i];
  GIArgInfo *arg_info = gi_callable_info_get_arg (info, i);
  GIScopeType scope = gi_arg_info_get_scope (arg_info);
  int destroy = gi_destroy_index (arg_info);

  gi_base_info_unref (arg_info);

  if (scope == GI_SCOPE_TYPE_ASYNC || g_str_equal (arg->type->name, "Gio.AsyncReadyCallback"))
    {
      refuse (error, self, arg, N_ ("says that the method does not block"),
              N_ ("Call it on the object itself, or name the method that does block."));
      return FALSE;
    }

  if (arg->direction != GI_DIRECTION_IN)
    arg->role = THR_ROLE_VISIBLE;
  else if (g_str_equal (arg->type->name, "Gio.FileProgressCallback") && arg->closure >= 0)
    arg->role = THR_ROLE_PROGRESS;
  else if (arg->nullable)
    arg->role = THR_ROLE_NULL;
  if (arg->role != THR_ROLE_PROGRESS && arg->role != THR_ROLE_NULL)
    {
      refuse (error, self, arg, N_ ("is a callback, which would be called on a background thread"),
              write_a_job);
      return FALSE;
    }

  if (arg->closure >= 0 && (guint) arg->closure < self->n_args && (guint) arg->closure != i)
    self->args[arg->closure].role = THR_ROLE_DATA;
  else
    arg->closure = -1;
  if (destroy >= 0 && (guint) destroy < self->n_args && (guint) destroy != i)
    self->args[destroy].role = THR_ROLE_DATA;

  return TRUE;
}

/* The length of an array goes the way that the array does; else it is an
 * argument as any other. */
static gboolean
place_length (ThrPlan *self,
              ThrArg  *array,
              GError **error)
{
  ThrArg *length;

  if (array->type->kind != THR_KIND_C_ARRAY || array->type->length < 0)
    return TRUE;

  length = (guint) array->type->length < self->n_args ? &self->args[array->type->length] : NULL;
  if (length == NULL || !is_length_kind (length->type->kind) ||
      (array->direction != GI_DIRECTION_OUT && length->direction == GI_DIRECTION_OUT))
    {
      refuse (error, self, array, N_ ("is an array of which the length is unknown"), write_a_job);
      return FALSE;
    }
  if (array->direction != GI_DIRECTION_OUT || length->direction == GI_DIRECTION_OUT)
    length->role = THR_ROLE_LENGTH;

  return TRUE;
}

static gboolean
check_arg (ThrPlan    *self,
           ThrArg     *arg,
           const char *refusal,
           GError    **error)
{
  static const char *const make_new =
    N_ ("Use a method that makes its results itself, or call it in a function of your own, and run that in a "
        "thread with Thr.ThreadManager.do_async().");

  if (arg->role == THR_ROLE_DATA || arg->role == THR_ROLE_NULL || arg->role == THR_ROLE_PROGRESS)
    return TRUE;

  if (refusal != NULL)
    {
      refuse (error, self, arg, refusal, write_a_job);
      return FALSE;
    }
  if (arg->type->kind == THR_KIND_CALLBACK)
    {
      refuse (error, self, arg, N_ ("is a function, which would be called on another thread"), write_a_job);
      return FALSE;
    }
  if (arg->caller_allocates &&
      ((arg->type->kind != THR_KIND_BOXED && arg->type->kind != THR_KIND_VALUE) ||
       arg->type->size == 0 || arg->direction != GI_DIRECTION_OUT))
    {
      refuse (error, self, arg, N_ ("is a buffer that the caller has to make"), make_new);
      return FALSE;
    }
  if (arg->direction != GI_DIRECTION_OUT && !thr_type_can_be_given (arg->type))
    {
      refuse (error, self, arg, N_ ("holds other things than numbers, strings, objects and boxed values"),
              write_a_job);
      return FALSE;
    }
  if (arg->role == THR_ROLE_SKIPPED && arg->direction == GI_DIRECTION_INOUT)
    arg->role = THR_ROLE_VISIBLE;

  return TRUE;
}

static gboolean
read_args (ThrPlan        *self,
           GICallableInfo *info,
           GError        **error)
{
  g_autofree const char **refusals = g_new0 (const char *, self->n_args + 1);

  for (guint i = 0; i < self->n_args; i++)
    refusals[i] = read_arg (&self->args[i], info, i);

  for (guint i = 0; i < self->n_args; i++)
    if (refusals[i] == NULL && self->args[i].type->kind == THR_KIND_CALLBACK &&
        self->args[i].role != THR_ROLE_DATA && !g_str_equal (self->args[i].type->name, "GLib.DestroyNotify") &&
        !g_str_equal (self->args[i].type->name, "GObject.Closure"))
      if (!place_callback (self, info, i, error))
        return FALSE;
  for (guint i = 0; i < self->n_args; i++)
    if (self->args[i].type->kind == THR_KIND_CALLBACK && self->args[i].role == THR_ROLE_VISIBLE &&
        self->args[i].direction == GI_DIRECTION_IN && self->args[i].nullable)
      self->args[i].role = THR_ROLE_NULL;

  for (guint i = 0; i < self->n_args; i++)
    if (!check_arg (self, &self->args[i], refusals[i], error) ||
        !place_length (self, &self->args[i], error))
      return FALSE;

  return TRUE;
}

static gboolean
read_result (ThrPlan        *self,
             GICallableInfo *info,
             GError        **error)
{
  GITypeInfo *type = gi_callable_info_get_return_type (info);
  const char *refusal = NULL;

  self->result.name = "";
  self->result.direction = GI_DIRECTION_OUT;
  self->result.role = THR_ROLE_VISIBLE;
  self->result.transfer = gi_callable_info_get_caller_owns (info);
  self->result.type = thr_type_new (type, FALSE, &refusal);
  gi_base_info_unref (type);

  self->returns_success = self->throws && self->result.type->kind == THR_KIND_BOOLEAN;
  if ((self->result.type->kind == THR_KIND_VOID && refusal == NULL) || self->returns_success ||
      gi_callable_info_skip_return (info))
    self->result.role = THR_ROLE_SKIPPED;

  /* A bare pointer that nobody wants does no harm. */
  if (self->result.role == THR_ROLE_SKIPPED && refusal != NULL &&
      self->result.transfer == GI_TRANSFER_NOTHING)
    return TRUE;

  return check_arg (self, &self->result, refusal, error) &&
         place_length (self, &self->result, error);
}

static void
count (ThrPlan *self)
{
  for (guint i = 0; i < self->n_args; i++)
    {
      const ThrArg *arg = &self->args[i];

      if (arg->direction != GI_DIRECTION_OUT)
        {
          if (arg->role == THR_ROLE_VISIBLE)
            {
              self->n_visible++;
              if (!arg->nullable || !thr_kind_is_pointer (arg->type->kind))
                self->n_required = self->n_visible;
              self->n_most++;
            }
          else if (arg->role == THR_ROLE_CANCELLABLE || arg->role == THR_ROLE_PROGRESS ||
                   arg->role == THR_ROLE_NULL)
            self->n_most++;
        }
      if (arg->direction != GI_DIRECTION_IN && arg->role == THR_ROLE_VISIBLE)
        self->n_results++;
    }
  if (self->result.role == THR_ROLE_VISIBLE)
    self->n_results++;
}

static gboolean
read_plan (ThrPlan        *self,
           GIFunctionInfo *info,
           GError        **error)
{
  GICallableInfo *callable = (GICallableInfo *) info;
  GIBaseInfo *container = gi_base_info_get_container ((GIBaseInfo *) info);
  g_autoptr (GError) failure = NULL;

  self->name = make_name (info);
  self->throws = gi_callable_info_can_throw_gerror (callable);
  self->n_args = gi_callable_info_get_n_args (callable);
  self->args = g_new0 (ThrArg, self->n_args + 1);
  self->n_ffi = self->n_args + (self->throws ? 1 : 0);

  if (gi_callable_info_is_method (callable))
    {
      self->n_ffi++;
      self->instance_type = gi_registered_type_info_get_g_type ((GIRegisteredTypeInfo *) container);
      self->instance_transfer = gi_callable_info_get_instance_ownership_transfer (callable);
    }
  if (is_of_object_life (self->name))
    {
      g_set_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED,
                   _("%s cannot be called by name: it changes how long the object lives. "
                     "Let go of the thimble and of your references instead."),
                   self->name);
      return FALSE;
    }

  if (!read_args (self, callable, error) || !read_result (self, callable, error))
    return FALSE;
  for (guint i = 0; i < self->n_args; i++)
    if (self->args[i].role == THR_ROLE_VISIBLE && self->args[i].direction == GI_DIRECTION_IN &&
        self->args[i].type->kind == THR_KIND_OBJECT && self->args[i].type->gtype == G_TYPE_CANCELLABLE)
      self->args[i].role = THR_ROLE_CANCELLABLE;
  count (self);

  if (!gi_function_info_prep_invoker (info, &self->invoker, &failure))
    {
      g_set_error (error, THR_ERROR, THR_ERROR_NOT_SUPPORTED,
                   _("%s cannot be called by name: %s. Look whether the library and its typelib are of one version."),
                   self->name, failure->message);
      return FALSE;
    }

  return TRUE;
}

static void
free_plan (ThrPlan *self)
{
  for (guint i = 0; i < self->n_args; i++)
    {
      g_free ((char *) self->args[i].name);
      thr_type_destroy (self->args[i].type);
    }
  thr_type_destroy (self->result.type);
  g_free (self->args);
  g_free ((char *) self->name);
  g_free (self);
}

ThrPlan *
thr_plan_new (GIFunctionInfo *info,
              GError        **error)
{
  ThrPlan *self = g_new0 (ThrPlan, 1);

  if (!read_plan (self, info, error))
    {
      free_plan (self);
      return NULL;
    }

  return self;
}
