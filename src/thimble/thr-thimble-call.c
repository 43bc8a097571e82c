/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"
#include "thimble/thr-value-array-private.h"

/* One call: from the request to the result, which its callback takes. It is the
 * GAsyncResult of call(), so that there is but one way home, and the callback
 * comes in the owner context also where the caller is a job, whose thread has
 * no context of its own. */

#define THR_TYPE_CALL (thr_call_get_type ())
G_DECLARE_FINAL_TYPE (ThrCall, thr_call, THR, CALL, GObject)

struct _ThrCall
{
  GObject parent_instance;
  ThrHome home;

  ThrThimble *thimble; /* a reference */
  GAsyncReadyCallback callback;
  gpointer user_data;

  /* Written before it is submitted, or at home. */
  const ThrBackend *backend;
  ThrCallData *data;    /* NULL where the method is not called by its plan */
  ThrAccess *access;    /* what the hooks made of it, or NULL */
  gboolean with_result; /* the job is to have the result: call_thread() */

  /* The running thread's, from submit to the end of the function; home's later. */
  gboolean under_way;   /* counted in the thimble's n_under_way */

  /* Home's. */
  GError *error;
  GValue result; /* where it is not in the data */
};

static void thr_call_result_init (GAsyncResultIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ThrCall, thr_call, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_ASYNC_RESULT, thr_call_result_init))

/* The method has returned, or will never be called. */
static void
leave (ThrCall *self)
{
  if (!self->under_way)
    return;
  self->under_way = FALSE;
  atomic_fetch_sub (&self->thimble->n_under_way, 1);
}

static void
thr_call_dispose (GObject *object)
{
  ThrCall *self = THR_CALL (object);

  if (!thr_home_dispose (&self->home))
    return;

  G_OBJECT_CLASS (thr_call_parent_class)->dispose (object);
}

/* At home: what the call has is released here. */
static void
thr_call_finalize (GObject *object)
{
  ThrCall *self = THR_CALL (object);

  thr_assert_home (self->home.dispatcher);

  leave (self);
  if (self->data != NULL)
    self->backend->free (self->data);
  if (THR_VALUE_IS_SET (&self->result))
    g_value_unset (&self->result);
  g_clear_object (&self->access);
  g_clear_error (&self->error);
  g_clear_object (&self->thimble);
  thr_home_clear (&self->home);
  G_OBJECT_CLASS (thr_call_parent_class)->finalize (object);
}

static void
thr_call_class_init (ThrCallClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrCall, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->dispose = thr_call_dispose;
  object_class->finalize = thr_call_finalize;
}

static void
thr_call_init (ThrCall *self)
{
  thr_home_init (&self->home, thr_dispatcher_for_maker ());
}

static gpointer
get_user_data (GAsyncResult *result)
{
  return THR_CALL (result)->user_data;
}

static GObject *
get_source_object (GAsyncResult *result)
{
  return g_object_ref (G_OBJECT (THR_CALL (result)->thimble));
}

static gboolean
is_tagged (GAsyncResult *result,
           gpointer      tag)
{
  return tag == (gpointer) thr_thimble_call;
}

static void
thr_call_result_init (GAsyncResultIface *iface)
{
  iface->get_user_data = get_user_data;
  iface->get_source_object = get_source_object;
  iface->is_tagged = is_tagged;
}

static ThrCall *
call_new (ThrThimble *thimble)
{
  ThrCall *self = g_object_new (THR_TYPE_CALL, NULL);

  self->thimble = g_object_ref (thimble);
  return self;
}

/* ---- results ---- */

/* Several values are one of type GValueArray, which Python reads as a list. */
static void
take_several (GValue       *place,
              const GValue *values,
              guint         n_values)
{
  GValueArray *array = thr_value_array_new (n_values);

  for (guint i = 0; i < n_values; i++)
    thr_value_array_append (array, &values[i]);
  g_value_init (place, thr_value_array_type ());
  g_value_take_boxed (place, array);
}

/* The results of a call as one value, which is of no type where there is none. */
static void
take_results (const ThrBackend *backend,
              ThrCallData      *data,
              GValue           *place)
{
  guint n_values = 0;
  const GValue *values = backend->results (data, &n_values);

  if (n_values > 1)
    take_several (place, values, n_values);
  else if (n_values == 1)
    thr_value_give (place, values);
}

/* ---- preparing ---- */

/* On the thread of the job. */
static void
progress_cb (double   fraction,
             gpointer data)
{
  thr_thread_wrapper_set_progress (data, CLAMP (fraction, 0, 1));
}

/* What is to be called, as the hooks have it. */
static const ThrPlan *
find_plan (ThrThimble        *thimble,
           const char        *method,
           ThrAccess         *access,
           const ThrBackend **backend,
           GError           **error)
{
  *backend = thr_backend_get (error);
  if (*backend == NULL)
    return NULL;
  if (access != NULL && access->callee != NULL)
    method = access->callee;
  return thimble->target != NULL
           ? (*backend)->find_method (G_OBJECT_TYPE (thimble->target), method, error)
           : (*backend)->find_function (method, error);
}

/* ---- blocking ---- */

/* On a background thread. */
static gboolean
run_call (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  ThrCall *self = user_data;
  gboolean ok;

  if (self->data != NULL)
    ok = thr_thimble_invoke (self->thimble, self->backend, self->data, error);
  else
    ok = self->access->func (thread, self->access->func_data, error);
  leave (self);

  if (ok && self->data != NULL && self->with_result)
    {
      GValue value = G_VALUE_INIT;

      take_results (self->backend, self->data, &value);
      if (THR_VALUE_IS_SET (&value))
        {
          thr_thread_wrapper_return_value (thread, &value, NULL);
          g_value_unset (&value);
        }
    }
  return ok;
}

static void
call_back (ThrCall *self)
{
  GAsyncReadyCallback callback = g_steal_pointer (&self->callback);

  if (callback == NULL || !thr_gate_is_open ())
    return;
  thr_assert_home (self->home.dispatcher);
  callback (G_OBJECT (self->thimble), G_ASYNC_RESULT (self), self->user_data);
}

static void
succeeded_cb (ThrThreadWrapper *thread,
              const GValue     *result,
              gpointer          user_data)
{
  ThrCall *self = user_data;

  if (self->data == NULL && result != NULL)
    thr_thimble_give (self->thimble, &self->result, result);
  call_back (self);
}

static void
failed_cb (ThrThreadWrapper *thread,
           const GError     *failure,
           gpointer          user_data)
{
  ThrCall *self = user_data;

  /* It need not have run. */
  leave (self);
  self->error = g_error_copy (failure);
  call_back (self);
}

/* The job that runs a blocking call, ready to be submitted; it holds the call.
 * NULL with an error where the call is refused. */
static ThrThreadWrapper *
make_job (ThrCall      *self,
          const char   *method,
          const GValue *arguments,
          gsize         n_arguments,
          GCancellable *cancellable,
          GError      **error)
{
  gboolean has_function = self->access != NULL && self->access->func != NULL;
  g_autoptr (ThrThreadWrapper) job = NULL;
  const ThrPlan *plan = NULL;

  if (!has_function)
    {
      plan = find_plan (self->thimble, method, self->access, &self->backend, error);
      if (plan == NULL)
        return NULL;
    }
  job = thr_thread_wrapper_new (has_function ? method : self->backend->get_name (plan), run_call,
                                g_object_ref (self), g_object_unref);
  if (cancellable != NULL)
    thr_thread_wrapper_follow_cancellable (job, cancellable, NULL);

  if (!has_function)
    {
      if (self->access != NULL)
        {
          arguments = self->access->arguments;
          n_arguments = self->access->n_arguments;
        }
      self->data = self->backend->prepare (plan, self->thimble->target, arguments, n_arguments,
                                           thr_thread_wrapper_get_cancellable (job), progress_cb,
                                           job, error);
      if (self->data == NULL)
        return NULL;
    }

  self->under_way = TRUE;
  atomic_fetch_add (&self->thimble->n_under_way, 1);
  return g_steal_pointer (&job);
}

/* ---- immediate ---- */

/* Calls the method on this thread; the result is of no type where there is none. */
static gboolean
call_at_once (ThrThimble   *self,
              const char   *method,
              const GValue *arguments,
              gsize         n_arguments,
              ThrAccess    *access,
              GCancellable *cancellable,
              GValue       *result,
              GError      **error)
{
  const ThrBackend *backend;
  const ThrPlan *plan;
  ThrCallData *data;
  gboolean ok;

  if (access != NULL && access->has_result)
    {
      if (THR_VALUE_IS_SET (&access->result))
        thr_thimble_give (self, result, &access->result);
      return TRUE;
    }
  if (!thr_thimble_check_busy (self, method, error))
    return FALSE;

  plan = find_plan (self, method, access, &backend, error);
  if (plan == NULL)
    return FALSE;
  if (access != NULL)
    {
      arguments = access->arguments;
      n_arguments = access->n_arguments;
    }
  data = backend->prepare (plan, self->target, arguments, n_arguments, cancellable, NULL, NULL,
                           error);
  if (data == NULL)
    return FALSE;
  ok = thr_thimble_invoke (self, backend, data, error);
  if (ok)
    take_results (backend, data, result);
  backend->free (data);
  return ok;
}

/* ---- call ---- */

static void
complete_cb (gpointer data)
{
  ThrCall *self = data;

  if (!thr_dispatcher_is_closed (self->home.dispatcher))
    call_back (self);
  g_object_unref (self);
}

/* Not inside call(): the callback always comes later. */
static void
complete_later (ThrCall *self)
{
  thr_dispatcher_invoke (self->home.dispatcher, complete_cb, g_object_ref (self));
}

/* Nobody is there to hear of it: it is logged as any failure of a job is. */
static void
report_unheard (const char   *method,
                const GError *error)
{
  g_warning ("The call of %s failed, and nobody heard of it: %s", method, error->message);
}

/**
 * thr_thimble_call:
 * @self: a thimble
 * @method: the name of a method of the target; for a thimble of functions that
 *   of a function or constructor, such as "GdkPixbuf.Pixbuf.new_from_file"
 * @arguments: (array length=n_arguments) (nullable): the arguments, which are
 *   copied
 * @n_arguments: how many
 * @cancellable: (nullable): what cancels the call, or `NULL`
 * @callback: (nullable): called in the owner context of the caller when the
 *   method has returned
 * @user_data: data for @callback
 *
 * Calls a method without blocking.
 *
 * One that is listed as blocking runs in the manager's threads; any other runs
 * at once, on the calling thread, before this returns. The callback comes later
 * in both cases, also when the call is refused.
 *
 * The arguments are those that go in, in order, without the lengths of arrays;
 * trailing ones that may be `NULL` can be left out. They are converted to the
 * declared types where nothing is lost. The call's cancellable is given to a
 * method that takes one.
 *
 * What is wrong with the call is said by [method@Thr.Thimble.call_finish].
 *
 * Since: 1.0
 */
void
thr_thimble_call (ThrThimble         *self,
                  const char         *method,
                  const GValue       *arguments,
                  gsize               n_arguments,
                  GCancellable       *cancellable,
                  GAsyncReadyCallback callback,
                  gpointer            user_data)
{
  g_autoptr (ThrThreadWrapper) job = NULL;
  g_autoptr (ThrCall) call = NULL;
  gboolean blocking;

  g_return_if_fail (THR_IS_THIMBLE (self));
  g_return_if_fail (method != NULL);
  g_return_if_fail (arguments != NULL || n_arguments == 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  call = call_new (self);
  call->callback = callback;
  call->user_data = user_data;
  blocking = thr_thimble_is_blocking (self, method);

  if (thr_thimble_check_target (self, &call->error) &&
      thr_thimble_run_hooks (self, blocking ? THR_ACCESS_KIND_BLOCKING : THR_ACCESS_KIND_IMMEDIATE,
                             method, arguments, n_arguments, &call->access, &call->error))
    {
      if (!blocking || (call->access != NULL && call->access->has_result))
        call_at_once (self, method, arguments, n_arguments, call->access, cancellable,
                      &call->result, &call->error);
      else
        job = make_job (call, method, arguments, n_arguments, cancellable, &call->error);
    }

  if (job == NULL)
    {
      if (call->error != NULL && callback == NULL)
        report_unheard (method, call->error);
      complete_later (call);
      return;
    }

  /* With no callback a failure is the manager's to report. */
  if (callback != NULL)
    {
      thr_thread_wrapper_set_on_success (job, succeeded_cb, call, NULL);
      thr_thread_wrapper_set_on_fail (job, failed_cb, call, NULL);
    }
  thr_thimble_submit (self, job);
}

/**
 * thr_thimble_call_finish:
 * @self: a thimble
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Ends [method@Thr.Thimble.call]: gives what the method returned.
 *
 * That is its return value, if there is one, but not the boolean that only says
 * whether there is an error; then what it put out. Where these are several, it
 * is a `GValueArray` of them; see also [method@Thr.Thimble.call_finish_values].
 *
 * The error is that of the method, untouched, or why it was not called:
 * `G_IO_ERROR_CANCELLED`, `THR_ERROR_STOPPED` if the manager is stopped,
 * `THR_ERROR_BUSY` where [property@Thr.Thimble:serialize-all] forbids it,
 * `THR_ERROR_NO_SUCH_METHOD`, `THR_ERROR_NOT_SUPPORTED` if the method cannot be
 * called by name, `THR_ERROR_INVALID_ARGUMENT` if an argument does not fit,
 * `THR_ERROR_INVALID_STATE` if the target was disposed, or
 * `THR_ERROR_NO_BACKEND` if the module for all this cannot be loaded.
 *
 * Returns: (transfer none) (nullable): the result, valid as long as @result;
 *   `NULL` where there is none, and with an error
 *
 * Since: 1.0
 */
const GValue *
thr_thimble_call_finish (ThrThimble   *self,
                         GAsyncResult *result,
                         GError      **error)
{
  ThrCall *call;

  g_return_val_if_fail (THR_IS_THIMBLE (self), NULL);
  g_return_val_if_fail (THR_IS_CALL (result), NULL);
  g_return_val_if_fail (THR_CALL (result)->thimble == self, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  call = THR_CALL (result);
  if (call->error != NULL)
    {
      g_propagate_error (error, g_error_copy (call->error));
      return NULL;
    }
  if (call->data != NULL && !THR_VALUE_IS_SET (&call->result))
    {
      guint n_values = 0;
      const GValue *values = call->backend->results (call->data, &n_values);

      if (n_values == 1)
        return values;
      take_results (call->backend, call->data, &call->result);
    }
  return THR_VALUE_IS_SET (&call->result) ? &call->result : NULL;
}

/**
 * thr_thimble_call_finish_values:
 * @self: a thimble
 * @result: what the callback was given
 * @n_values: (out): how many there are
 * @error: where to put an error
 *
 * Ends [method@Thr.Thimble.call] as [method@Thr.Thimble.call_finish] does, and
 * gives all that the method returned and put out one by one.
 *
 * Returns: (transfer none) (nullable) (array length=n_values): the results,
 *   valid as long as @result; `NULL` where there is none, and with an error
 *
 * Since: 1.0
 */
const GValue *
thr_thimble_call_finish_values (ThrThimble   *self,
                                GAsyncResult *result,
                                gsize        *n_values,
                                GError      **error)
{
  const GValue *values;
  guint n_results = 0;
  ThrCall *call;

  g_return_val_if_fail (n_values != NULL, NULL);
  *n_values = 0;
  g_return_val_if_fail (THR_IS_THIMBLE (self), NULL);
  g_return_val_if_fail (THR_IS_CALL (result), NULL);
  g_return_val_if_fail (THR_CALL (result)->thimble == self, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  call = THR_CALL (result);
  if (call->error != NULL || call->data == NULL)
    {
      values = thr_thimble_call_finish (self, result, error);
      *n_values = values != NULL ? 1 : 0;
      return values;
    }
  values = call->backend->results (call->data, &n_results);
  *n_values = n_results;
  return n_results > 0 ? values : NULL;
}

/**
 * thr_thimble_call_thread:
 * @self: a thimble
 * @method: the name of a method, as for [method@Thr.Thimble.call]
 * @arguments: (array length=n_arguments) (nullable): the arguments, which are
 *   copied
 * @n_arguments: how many
 * @error: where to put an error
 *
 * Calls a method without blocking, and gives the job that does it: to set its
 * priority, see its progress, cancel or join it.
 *
 * The job's result is what [method@Thr.Thimble.call_finish] would give, and its
 * failure that error; so a call that comes after the manager was stopped is a
 * job that failed with `THR_ERROR_STOPPED`. A method that is not listed as
 * blocking has run when this returns; its job is then one without a function,
 * which has ended.
 *
 * A call that is refused is no job: the error is as in
 * [method@Thr.Thimble.call_finish].
 *
 * Returns: (transfer full): the job
 *
 * Since: 1.0
 */
ThrThreadWrapper *
thr_thimble_call_thread (ThrThimble   *self,
                         const char   *method,
                         const GValue *arguments,
                         gsize         n_arguments,
                         GError      **error)
{
  g_autoptr (ThrThreadWrapper) job = NULL;
  g_autoptr (ThrCall) call = NULL;
  g_autoptr (GError) failure = NULL;
  gboolean blocking;

  g_return_val_if_fail (THR_IS_THIMBLE (self), NULL);
  g_return_val_if_fail (method != NULL, NULL);
  g_return_val_if_fail (arguments != NULL || n_arguments == 0, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  call = call_new (self);
  call->with_result = TRUE;
  blocking = thr_thimble_is_blocking (self, method);
  if (!thr_thimble_check_target (self, error) ||
      !thr_thimble_run_hooks (self, blocking ? THR_ACCESS_KIND_BLOCKING : THR_ACCESS_KIND_IMMEDIATE,
                              method, arguments, n_arguments, &call->access, error))
    return NULL;

  if (blocking && (call->access == NULL || !call->access->has_result))
    {
      job = make_job (call, method, arguments, n_arguments, NULL, error);
      if (job == NULL)
        return NULL;
      thr_thimble_submit (self, job);
      return g_steal_pointer (&job);
    }

  /* A stopped manager ends this one right away, and nothing is called. */
  job = thr_thimble_do_manual (self, method);
  if (thr_thread_wrapper_get_finished_with (job) == THR_EXECUTION_STATE_EXCEPTION)
    return g_steal_pointer (&job);
  if (call_at_once (self, method, arguments, n_arguments, call->access,
                    thr_thread_wrapper_get_cancellable (job), &call->result, &failure))
    thr_thread_wrapper_return_value (job, THR_VALUE_IS_SET (&call->result) ? &call->result : NULL,
                                     NULL);
  else
    thr_thread_wrapper_return_error (job, failure, NULL);
  return g_steal_pointer (&job);
}

/**
 * thr_thimble_call_now:
 * @self: a thimble
 * @method: the name of a method, as for [method@Thr.Thimble.call]
 * @arguments: (array length=n_arguments) (nullable): the arguments
 * @n_arguments: how many
 * @cancellable: (nullable): what is given to a method that takes one
 * @value: (out caller-allocates): where to put the result; in C set to
 *   `G_VALUE_INIT`, or to a value, which is replaced
 * @error: where to put an error
 *
 * Calls a method on this thread, and waits for it, whether it is listed as
 * blocking or not.
 *
 * The result and the errors are those of [method@Thr.Thimble.call_finish], save
 * that no manager has a part in it, and that where there is no result @value is
 * a string that is `NULL`.
 *
 * Since: 1.0
 */
void
thr_thimble_call_now (ThrThimble   *self,
                      const char   *method,
                      const GValue *arguments,
                      gsize         n_arguments,
                      GCancellable *cancellable,
                      GValue       *value,
                      GError      **error)
{
  g_autoptr (ThrAccess) access = NULL;
  g_auto (GValue) result = G_VALUE_INIT;

  g_return_if_fail (THR_IS_THIMBLE (self));
  g_return_if_fail (method != NULL);
  g_return_if_fail (arguments != NULL || n_arguments == 0);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));
  g_return_if_fail (value != NULL);
  g_return_if_fail (error == NULL || *error == NULL);

  if (thr_thimble_check_target (self, error) &&
      thr_thimble_run_hooks (self, THR_ACCESS_KIND_IMMEDIATE, method, arguments, n_arguments,
                             &access, error))
    call_at_once (self, method, arguments, n_arguments, access, cancellable, &result, error);
  /* A binding reads the value even where there is an error. */
  thr_value_give (value, &result);
}
