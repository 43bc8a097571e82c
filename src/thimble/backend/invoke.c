/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/backend/backend-private.h"

#include "base/thr-i18n-private.h"

/* A call is one allocation, with a slot for each argument; what fits into a slot
 * needs no other. It passes from the thread that prepares it to the one that
 * invokes it and on to the one that frees it, and is never used by two at
 * once: who hands it over sees to the barriers. */

static ThrCallData *
call_new (const ThrPlan *plan)
{
  gsize slots = sizeof (ThrCallData);
  gsize results = slots + plan->n_args * sizeof (ThrSlot);
  gsize ffi = results + plan->n_results * sizeof (GValue);
  guint8 *memory = g_malloc0 (ffi + plan->n_ffi * sizeof (gpointer));
  ThrCallData *self = (ThrCallData *) memory;

  G_STATIC_ASSERT (sizeof (ThrCallData) % sizeof (guint64) == 0);
  G_STATIC_ASSERT (sizeof (ThrSlot) % sizeof (guint64) == 0);
  self->plan = plan;
  self->slots = (ThrSlot *) (memory + slots);
  self->results = (GValue *) (memory + results);
  self->ffi = (gpointer *) (memory + ffi);

  return self;
}

static void
progress_cb (goffset  current,
             goffset  total,
             gpointer user_data)
{
  ThrCallData *self = user_data;

  if (self->progress != NULL && total > 0)
    self->progress (CLAMP ((double) current / (double) total, 0, 1), self->progress_data);
}

static gboolean
is_given (const ThrArg *arg)
{
  return arg->direction != GI_DIRECTION_OUT && arg->role == THR_ROLE_VISIBLE;
}

static gboolean
set_count_error (const ThrPlan *plan,
                 guint          n_args,
                 GError       **error)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < plan->n_args; i++)
    if (is_given (&plan->args[i]))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", plan->args[i].name);

  if (plan->n_visible == 0)
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                 _("%s: no arguments are wanted; given: %u"), plan->name, n_args);
  else if (plan->n_required == plan->n_visible)
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                 _("%s: number of arguments wanted: %u (%s); given: %u"), plan->name, plan->n_visible,
                 names->str, n_args);
  else
    g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                 _("%s: number of arguments wanted: %u to %u (%s); given: %u"), plan->name, plan->n_required,
                 plan->n_visible, names->str, n_args);

  return FALSE;
}

/* Where the places of cancellables and callbacks are, in which nothing need be
 * given: something is, if it is a cancellable, or if it is NULL and there are
 * more values than places left that are no such places. */
static gboolean
takes_value (const ThrArg *arg,
             const GValue *value,
             guint         n_values,
             guint         n_places)
{
  if (arg->role == THR_ROLE_CANCELLABLE && G_IS_VALUE (value) && G_VALUE_HOLDS_OBJECT (value) &&
      G_IS_CANCELLABLE (g_value_get_object (value)))
    return TRUE;

  return thr_value_is_null (value) && n_values > n_places;
}

static gboolean
fill_slot (ThrCallData  *self,
           guint         i,
           const GValue *value,
           GError      **error)
{
  const ThrArg *arg = &self->plan->args[i];
  g_autofree char *problem = NULL;

  if (thr_convert_in (arg, value, &self->slots[i], &problem))
    return TRUE;

  g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT, _("%s: argument “%s”: %s"), self->plan->name,
               arg->name, problem);
  return FALSE;
}

/* The arguments that the user sees, and the places among them that he does not. */
static gboolean
fill_visible (ThrCallData  *self,
              const GValue *args,
              guint         n_args,
              GError      **error)
{
  const ThrPlan *plan = self->plan;
  guint next = 0;
  guint n_places = plan->n_visible;

  if (n_args < plan->n_required || n_args > plan->n_most)
    return set_count_error (plan, n_args, error);

  for (guint i = 0; i < plan->n_args; i++)
    {
      const ThrArg *arg = &plan->args[i];

      if (is_given (arg))
        {
          if (!fill_slot (self, i, next < n_args ? &args[next] : NULL, error))
            return FALSE;
          next++;
          n_places--;
        }
      else if (arg->role == THR_ROLE_CANCELLABLE || arg->role == THR_ROLE_PROGRESS || arg->role == THR_ROLE_NULL)
        {
          if (next < n_args && takes_value (arg, &args[next], n_args - next, n_places))
            {
              if (arg->role == THR_ROLE_CANCELLABLE && !thr_value_is_null (&args[next]))
                g_set_object (&self->cancellable, g_value_get_object (&args[next]));
              next++;
            }
        }
    }
  return next >= n_args ? TRUE : set_count_error (plan, n_args, error);
}

static void
fill_hidden (ThrCallData *self)
{
  const ThrPlan *plan = self->plan;

  for (guint i = 0; i < plan->n_args; i++)
    {
      const ThrArg *arg = &plan->args[i];
      ThrSlot *slot = &self->slots[i];

      if (arg->role == THR_ROLE_CANCELLABLE)
        {
          if (self->cancellable == NULL && !arg->nullable)
            self->cancellable = g_cancellable_new ();
          slot->value.v_pointer = self->cancellable;
          if (self->cancellable != NULL)
            slot->given.v_pointer = g_object_ref (self->cancellable);
        }
      else if (arg->role == THR_ROLE_PROGRESS && (self->progress != NULL || !arg->nullable))
        {
          slot->value.v_pointer = progress_cb;
          self->slots[arg->closure].value.v_pointer = self;
        }
    }
}

/* The lengths of the arrays that were given: one may be that of several. */
static gboolean
fill_lengths (ThrCallData *self,
              GError     **error)
{
  const ThrPlan *plan = self->plan;

  for (guint i = 0; i < plan->n_args; i++)
    {
      const ThrArg *arg = &plan->args[i];
      const ThrArg *length_arg;
      ThrSlot *length;
      g_auto (GValue) value = G_VALUE_INIT;
      g_autofree char *problem = NULL;

      if (!is_given (arg) || arg->type->kind != THR_KIND_C_ARRAY || arg->type->length < 0 ||
          self->slots[i].value.v_pointer == NULL)
        continue;

      length = &self->slots[arg->type->length];
      length_arg = &plan->args[arg->type->length];
      if (length_arg->role != THR_ROLE_LENGTH)
        continue;
      if (length->n_given != 0 && length->n_given != self->slots[i].n_given + 1)
        {
          g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                       _("%s: argument “%s”: its number of elements, %" PRIu64
                         ", differs from that of another argument, %" PRIu64),
                       plan->name, arg->name, (guint64) self->slots[i].n_given, (guint64) length->n_given - 1);
          return FALSE;
        }
      length->n_given = self->slots[i].n_given + 1;

      g_value_init (&value, G_TYPE_UINT64);
      g_value_set_uint64 (&value, self->slots[i].n_given);
      if (!thr_convert_scalar (length_arg->type, &value, &length->value, &problem))
        {
          g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
                       _("%s: argument “%s”: too many elements: %s"), plan->name, arg->name, problem);
          return FALSE;
        }
      length->given = length->value;
    }

  return TRUE;
}

/* Where the arguments lie. */
static void
lay_out (ThrCallData *self)
{
  const ThrPlan *plan = self->plan;
  guint n = 0;

  if (plan->instance_type != G_TYPE_INVALID)
    self->ffi[n++] = &self->target;
  for (guint i = 0; i < plan->n_args; i++)
    {
      const ThrArg *arg = &plan->args[i];
      ThrSlot *slot = &self->slots[i];

      if (arg->caller_allocates)
        {
          slot->value.v_pointer = g_malloc0 (arg->type->size);
          self->ffi[n++] = &slot->value;
        }
      else if (arg->direction == GI_DIRECTION_IN)
        self->ffi[n++] = &slot->value;
      else
        {
          slot->pointer = &slot->value;
          self->ffi[n++] = &slot->pointer;
        }
    }
}

static gboolean
check_target (const ThrPlan *plan,
              GObject       *target,
              GError       **error)
{
  if (plan->instance_type == G_TYPE_INVALID)
    return TRUE;
  if (target != NULL && g_type_is_a (G_OBJECT_TYPE (target), plan->instance_type))
    return TRUE;

  g_set_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT,
               _("%s: this is a method of %s, and it was called on %s"), plan->name,
               g_type_name (plan->instance_type), target != NULL ? G_OBJECT_TYPE_NAME (target) : "NULL");
  return FALSE;
}

ThrCallData *
thr_call_prepare (const ThrPlan         *plan,
                  GObject               *target,
                  const GValue          *args,
                  guint                  n_args,
                  GCancellable          *cancellable,
                  ThrBackendProgressFunc progress,
                  gpointer               progress_data,
                  GError               **error)
{
  ThrCallData *self;

  if (!check_target (plan, target, error))
    return NULL;

  self = call_new (plan);
  if (plan->instance_type != G_TYPE_INVALID)
    self->target = g_object_ref (target);
  g_set_object (&self->cancellable, cancellable);
  self->progress = progress;
  self->progress_data = progress_data;

  if (!fill_visible (self, args, n_args, error) || !fill_lengths (self, error))
    {
      thr_call_free (self);
      return NULL;
    }
  fill_hidden (self);
  lay_out (self);

  return self;
}

/* What libffi widens, narrowed again. */
static void
narrow (const ThrType *type,
        ffi_arg        wide,
        GIArgument    *result)
{
  switch (type->kind)
    {
    case THR_KIND_BOOLEAN:
    case THR_KIND_INT32:
    case THR_KIND_ENUM:
      result->v_int32 = (gint32) wide;
      break;
    case THR_KIND_INT8:
      result->v_int8 = (gint8) wide;
      break;
    case THR_KIND_UINT8:
      result->v_uint8 = (guint8) wide;
      break;
    case THR_KIND_INT16:
      result->v_int16 = (gint16) wide;
      break;
    case THR_KIND_UINT16:
      result->v_uint16 = (guint16) wide;
      break;
    case THR_KIND_UINT32:
    case THR_KIND_FLAGS:
    case THR_KIND_UNICHAR:
      result->v_uint32 = (guint32) wide;
      break;
    case THR_KIND_VOID:
    default:
      break; /* as wide as it is, or not an integer */
    }
}

static gsize
get_length (ThrCallData  *self,
            const ThrArg *array)
{
  const ThrArg *arg;
  const GIArgument *value;

  if (array->type->kind != THR_KIND_C_ARRAY || array->type->length < 0)
    return 0;

  arg = &self->plan->args[array->type->length];
  value = &self->slots[array->type->length].value;
  switch (arg->type->kind)
    {
    case THR_KIND_INT8:
      return (gsize) MAX (value->v_int8, 0);
    case THR_KIND_UINT8:
      return value->v_uint8;
    case THR_KIND_INT16:
      return (gsize) MAX (value->v_int16, 0);
    case THR_KIND_UINT16:
      return value->v_uint16;
    case THR_KIND_INT32:
      return (gsize) MAX (value->v_int32, 0);
    case THR_KIND_UINT32:
      return value->v_uint32;
    case THR_KIND_INT64:
      return (gsize) MAX (value->v_int64, 0);
    case THR_KIND_UINT64:
    default:
      return (gsize) value->v_uint64;
    }
}

/* The contents of a GValue move; of a structure, a copy is made, since nobody
 * but its type knows how to allocate it. */
static void
take_allocated (const ThrArg *arg,
                ThrSlot      *slot,
                GValue       *value)
{
  if (arg->type->kind == THR_KIND_VALUE)
    thr_convert_out (&(ThrArg) { .type = arg->type, .transfer = GI_TRANSFER_EVERYTHING }, &slot->value, 0, value);
  else
    {
      g_value_init (value, arg->type->gtype);
      g_value_set_boxed (value, slot->value.v_pointer);
      g_free (slot->value.v_pointer);
    }
  slot->value.v_pointer = NULL;
}

static void
add_result (ThrCallData  *self,
            const ThrArg *arg,
            GIArgument   *argument)
{
  g_auto (GValue) unwanted = G_VALUE_INIT;
  GValue *value = arg->role == THR_ROLE_VISIBLE ? &self->results[self->n_results++] : &unwanted;

  thr_convert_out (arg, argument, get_length (self, arg), value);
}

static void
collect (ThrCallData *self,
         GIArgument  *result)
{
  const ThrPlan *plan = self->plan;

  /* What is given to us and nobody wants is to be freed all the same. */
  if (plan->result.role == THR_ROLE_VISIBLE ||
      (!plan->returns_success && plan->result.type->kind != THR_KIND_VOID &&
       plan->result.transfer != GI_TRANSFER_NOTHING))
    add_result (self, &plan->result, result);

  for (guint i = 0; i < plan->n_args; i++)
    {
      const ThrArg *arg = &plan->args[i];
      ThrSlot *slot = &self->slots[i];

      if (arg->direction == GI_DIRECTION_IN || (arg->role != THR_ROLE_VISIBLE && arg->role != THR_ROLE_SKIPPED))
        continue;
      if (arg->caller_allocates)
        {
          g_auto (GValue) unwanted = G_VALUE_INIT;

          take_allocated (arg, slot, arg->role == THR_ROLE_VISIBLE ? &self->results[self->n_results++] : &unwanted);
        }
      else
        add_result (self, arg, &slot->value);
    }
}

/* Everything of the plan that is needed was read when it was made: no metadata
 * here, and no lock. */
gboolean
thr_call_invoke (ThrCallData *self,
                 GError     **error)
{
  const ThrPlan *plan = self->plan;
  GError *failure = NULL;
  GError **failure_pointer = &failure;
  union
  {
    GIArgument argument;
    ffi_arg wide;
  } result = { 0 };

  g_return_val_if_fail (!self->invoked, FALSE);

  self->invoked = TRUE;
  if (plan->throws)
    self->ffi[plan->n_ffi - 1] = &failure_pointer;
  if (plan->instance_type != G_TYPE_INVALID && plan->instance_transfer == GI_TRANSFER_EVERYTHING)
    g_object_ref (self->target);

  ffi_call ((ffi_cif *) &plan->invoker.cif, FFI_FN (plan->invoker.native_address), &result, self->ffi);

  if (failure != NULL)
    {
      g_propagate_error (error, failure);
      return FALSE;
    }
  narrow (plan->result.type, result.wide, &result.argument);
  if (plan->returns_success && !result.argument.v_boolean)
    {
      g_set_error (error, THR_ERROR, THR_ERROR_FAILED, _("%s failed, and did not say why"), plan->name);
      return FALSE;
    }
  collect (self, &result.argument);

  return TRUE;
}

const GValue *
thr_call_results (ThrCallData *self,
                  guint       *n_results)
{
  *n_results = self->n_results;

  return self->n_results > 0 ? self->results : NULL;
}

/* In the order of collect(). */
gboolean
thr_call_is_container (const ThrCallData *self,
                       guint              result)
{
  const ThrPlan *plan = self->plan;

  if (plan->result.role == THR_ROLE_VISIBLE && result-- == 0)
    return thr_kind_is_container (plan->result.type->kind);
  for (guint i = 0; i < plan->n_args; i++)
    {
      const ThrArg *arg = &plan->args[i];

      if (arg->direction != GI_DIRECTION_IN && arg->role == THR_ROLE_VISIBLE && result-- == 0)
        return thr_kind_is_container (arg->type->kind);
    }
  return FALSE;
}

void
thr_call_free (ThrCallData *self)
{
  const ThrPlan *plan;

  if (self == NULL)
    return;

  plan = self->plan;
  for (guint i = 0; i < plan->n_args; i++)
    {
      const ThrArg *arg = &plan->args[i];
      ThrSlot *slot = &self->slots[i];

      if (arg->direction != GI_DIRECTION_OUT &&
          (arg->role == THR_ROLE_VISIBLE || arg->role == THR_ROLE_CANCELLABLE))
        thr_convert_release (arg, slot, self->invoked);
      else if (arg->caller_allocates)
        {
          if (arg->type->kind == THR_KIND_VALUE && slot->value.v_pointer != NULL &&
              G_IS_VALUE (slot->value.v_pointer))
            g_value_unset (slot->value.v_pointer);
          g_free (slot->value.v_pointer);
        }
    }
  for (guint i = 0; i < self->n_results; i++)
    if (G_IS_VALUE (&self->results[i]))
      g_value_unset (&self->results[i]);
  g_clear_object (&self->target);
  g_clear_object (&self->cancellable);
  g_free (self);
}
