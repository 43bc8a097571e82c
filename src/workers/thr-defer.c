/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "workers/thr-defer.h"

#include "base/thr-error.h"
#include "base/thr-home-private.h"
#include "base/thr-i18n-private.h"
#include "base/thr-parking-private.h"
#include "workers/thr-promise-private.h"

/**
 * ThrDefer:
 *
 * A result that somebody else gives later: for a question to another thread.
 *
 * One side makes a defer and waits for it, with [method@Thr.Defer.get] or
 * [method@Thr.Defer.get_async]; the other, in whatever thread, calls
 * [method@Thr.Defer.resolve] or [method@Thr.Defer.reject]. The first of these
 * calls counts, and later ones do nothing.
 *
 * ```c
 * static gboolean
 * ask_user (gpointer user_data) // in the main context
 * {
 *   g_auto (GValue) answer = G_VALUE_INIT;
 *
 *   g_value_init (&answer, G_TYPE_STRING);
 *   g_value_set_string (&answer, "yes");
 *   thr_defer_resolver_resolve (user_data, &answer);
 *   return G_SOURCE_REMOVE;
 * }
 *
 * static gboolean
 * ask (ThrWorker *worker,
 *      gpointer   user_data,
 *      GError   **error)
 * {
 *   g_autoptr (ThrDefer) defer = thr_defer_new ();
 *   const GValue *answer;
 *
 *   g_main_context_invoke_full (NULL, G_PRIORITY_DEFAULT, ask_user, thr_defer_dup_resolver (defer),
 *                               (GDestroyNotify) thr_defer_resolver_unref);
 *   answer = thr_defer_get (defer, THR_FOREVER, error);
 *   return answer != NULL && thr_worker_return_value (worker, answer, error);
 * }
 * ```
 *
 * # Dropped defers
 *
 * A wait does not keep a defer alive: when the last reference to a pending
 * defer is dropped, all who wait for it get `THR_ERROR_ABANDONED`. Where both
 * sides hold the defer, that never happens; then give the side that answers a
 * [struct@Thr.DeferResolver] instead ([method@Thr.Defer.dup_resolver]), which holds
 * no reference to the defer. As soon as there has been one, the defer is
 * abandoned when the last resolver is gone, and only then.
 *
 * # Thread safety
 *
 * Every function may be called from any thread. The defer has an owner context,
 * that of its maker, where it and its result are freed.
 *
 * Since: 1.0
 */

/**
 * ThrDeferResolver:
 *
 * The answering side of a [class@Thr.Defer]: it can resolve or reject, and does
 * not hold a reference to the defer.
 *
 * It may be used and dropped in any thread. When the last one is dropped and
 * the defer is still pending, those who wait get `THR_ERROR_ABANDONED`.
 *
 * Since: 1.0
 */

struct _ThrDefer
{
  GObject parent_instance;
  ThrHome home;

  ThrPromise *promise; /* a reference */
};

struct _ThrDeferResolver
{
  gint ref_count;
  ThrPromise *promise; /* a reference; counted there */
};

G_DEFINE_FINAL_TYPE (ThrDefer, thr_defer, G_TYPE_OBJECT)
G_DEFINE_BOXED_TYPE (ThrDeferResolver, thr_defer_resolver, thr_defer_resolver_ref, thr_defer_resolver_unref)

static void
thr_defer_dispose (GObject *object)
{
  ThrDefer *self = THR_DEFER (object);

  /* On whatever thread this is: home may be waiting for the answer. Callbacks
   * that are to hear of it get a reference, and live on with it; on a foreign
   * thread it goes home all the same, since they may be done with it before
   * this is. */
  thr_promise_forsake (self->promise, TRUE);
  if (!thr_home_dispose (&self->home))
    return;

  G_OBJECT_CLASS (thr_defer_parent_class)->dispose (object);
}

static void
thr_defer_finalize (GObject *object)
{
  ThrDefer *self = THR_DEFER (object);

  thr_assert_home (self->home.dispatcher);

  g_clear_pointer (&self->promise, thr_promise_unref);
  thr_home_clear (&self->home);
  G_OBJECT_CLASS (thr_defer_parent_class)->finalize (object);
}

static void
thr_defer_class_init (ThrDeferClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  G_STATIC_ASSERT (G_STRUCT_OFFSET (ThrDefer, home) == sizeof (GObject));

  thr_home_class_init (object_class);
  object_class->dispose = thr_defer_dispose;
  object_class->finalize = thr_defer_finalize;
}

static void
thr_defer_init (ThrDefer *self)
{
  thr_home_init (&self->home, thr_dispatcher_for_maker ());
  self->promise = thr_promise_new (self, self->home.dispatcher);
}

/**
 * thr_defer_new: (constructor)
 *
 * Makes a pending defer. Its owner context is the thread-default main context
 * of the calling thread.
 *
 * Returns: (transfer full): a new defer
 *
 * Since: 1.0
 */
ThrDefer *
thr_defer_new (void)
{
  return g_object_new (THR_TYPE_DEFER, NULL);
}

/**
 * thr_defer_resolve:
 * @self: a defer
 * @value: (nullable): the result, which is copied; `NULL` for none
 *
 * Ends the wait for @self with a result.
 *
 * Returns: `FALSE` if @self was resolved, rejected or abandoned before: then
 *   this does nothing
 *
 * Since: 1.0
 */
gboolean
thr_defer_resolve (ThrDefer     *self,
                   const GValue *value)
{
  g_return_val_if_fail (THR_IS_DEFER (self), FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);

  return thr_promise_resolve (self->promise, value);
}

/**
 * thr_defer_reject:
 * @self: a defer
 * @failure: the error, which is copied
 *
 * Ends the wait for @self with an error.
 *
 * Returns: `FALSE` if @self was resolved, rejected or abandoned before: then
 *   this does nothing
 *
 * Since: 1.0
 */
gboolean
thr_defer_reject (ThrDefer     *self,
                  const GError *failure)
{
  g_return_val_if_fail (THR_IS_DEFER (self), FALSE);
  g_return_val_if_fail (failure != NULL, FALSE);

  return thr_promise_reject (self->promise, failure);
}

/**
 * thr_defer_is_pending:
 * @self: a defer
 *
 * Tells whether @self is neither resolved nor rejected.
 *
 * Returns: `TRUE` if the outcome is still to come
 *
 * Since: 1.0
 */
gboolean
thr_defer_is_pending (ThrDefer *self)
{
  g_return_val_if_fail (THR_IS_DEFER (self), FALSE);

  return thr_promise_get_state (self->promise) == THR_PROMISE_PENDING;
}

/**
 * thr_defer_dup_resolver:
 * @self: a defer
 *
 * Gives what another side needs to answer, without a reference to @self.
 *
 * From the first one on, the defer is abandoned when its last resolver is
 * dropped while it is pending, and no more when the defer itself is dropped.
 *
 * Returns: (transfer full): a new resolver
 *
 * Since: 1.0
 */
ThrDeferResolver *
thr_defer_dup_resolver (ThrDefer *self)
{
  ThrDeferResolver *resolver;

  g_return_val_if_fail (THR_IS_DEFER (self), NULL);

  resolver = g_new (ThrDeferResolver, 1);
  resolver->ref_count = 1;
  resolver->promise = thr_promise_ref (self->promise);
  thr_promise_add_resolver (self->promise, self);
  return resolver;
}

static const GValue *
get_outcome (ThrPromise *promise,
             GError    **error)
{
  if (thr_promise_get_state (promise) == THR_PROMISE_REJECTED)
    {
      if (error != NULL)
        *error = g_error_copy (promise->error);
      return NULL;
    }
  return G_IS_VALUE (&promise->value) ? &promise->value : NULL;
}

/**
 * thr_defer_get:
 * @self: a defer
 * @timeout: how long to wait, in microseconds; 0 for not at all,
 *   [const@Thr.FOREVER] for ever
 * @error: where to put an error
 *
 * Waits for the outcome in the calling thread's event loop.
 *
 * Inside a worker this is one of its break points: events are processed
 * meanwhile, a pause holds it, and a stop ends it with
 * `THR_ERROR_WORKER_EXIT`. On the main thread it iterates the main context. Any
 * other thread waits with a temporary worker. To wait in a callback of a window,
 * or in JavaScript, use [method@Thr.Defer.get_async].
 *
 * The error is the one that @self was rejected with; `THR_ERROR_ABANDONED` if
 * nobody is left to answer; `THR_ERROR_TIMED_OUT` if the time was over first;
 * `THR_ERROR_INVALID_ARGUMENT` for a negative time.
 *
 * Returns: (transfer none) (nullable): the result, which belongs to @self;
 *   `NULL` if there is none, or on error
 *
 * Since: 1.0
 */
const GValue *
thr_defer_get (ThrDefer *self,
               gint64    timeout,
               GError  **error)
{
  ThrPromise *promise;
  const GValue *result = NULL;

  g_return_val_if_fail (THR_IS_DEFER (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!thr_timeout_check (timeout, error))
    return NULL;

  /* The defer may go meanwhile, which is what ends the wait then. */
  promise = thr_promise_ref (self->promise);
  if (thr_promise_wait (promise, timeout, error))
    result = get_outcome (promise, error);
  thr_promise_unref (promise);
  return result;
}

/**
 * thr_defer_get_async:
 * @self: a defer
 * @cancellable: (nullable): ends the wait, and leaves @self as it is
 * @callback: (nullable) (scope async) (closure user_data): called in the
 *   thread-default main context of the calling thread, with the outcome
 * @user_data: (nullable): data for @callback
 *
 * Waits for the outcome without blocking.
 *
 * The wait holds no reference to @self, unless it has a resolver: if the last
 * reference is dropped, @callback is called with `THR_ERROR_ABANDONED`.
 *
 * Since: 1.0
 */
void
thr_defer_get_async (ThrDefer           *self,
                     GCancellable       *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer            user_data)
{
  g_return_if_fail (THR_IS_DEFER (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  thr_promise_call (self->promise, self, cancellable, callback, user_data);
}

/**
 * thr_defer_get_finish:
 * @self: a defer
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Ends [method@Thr.Defer.get_async].
 *
 * The errors are those of [method@Thr.Defer.get], and `G_IO_ERROR_CANCELLED`.
 *
 * Returns: (transfer none) (nullable): the result, which belongs to @self;
 *   `NULL` if there is none, or on error
 *
 * Since: 1.0
 */
const GValue *
thr_defer_get_finish (ThrDefer     *self,
                      GAsyncResult *result,
                      GError      **error)
{
  ThrPromise *promise;
  const GValue *value;

  g_return_val_if_fail (THR_IS_DEFER (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, thr_defer_get_async), NULL);

  promise = g_task_propagate_pointer (G_TASK (result), error);
  if (promise == NULL)
    return NULL;

  value = get_outcome (promise, error);
  thr_promise_unref (promise);
  return value;
}

/**
 * thr_defer_resolver_ref: (skip)
 * @self: a resolver
 *
 * Takes a reference.
 *
 * Returns: @self
 *
 * Since: 1.0
 */
ThrDeferResolver *
thr_defer_resolver_ref (ThrDeferResolver *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

/**
 * thr_defer_resolver_unref: (skip)
 * @self: (transfer full): a resolver
 *
 * Drops a reference. With the last one of the last resolver a defer that is
 * pending is abandoned.
 *
 * Since: 1.0
 */
void
thr_defer_resolver_unref (ThrDeferResolver *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  thr_promise_forsake (self->promise, FALSE);
  thr_promise_unref (self->promise);
  g_free (self);
}

/**
 * thr_defer_resolver_resolve:
 * @self: a resolver
 * @value: (nullable): the result, which is copied; `NULL` for none
 *
 * Ends the wait for the defer with a result; see [method@Thr.Defer.resolve].
 *
 * Returns: `FALSE` if the defer was resolved, rejected or abandoned before
 *
 * Since: 1.0
 */
gboolean
thr_defer_resolver_resolve (ThrDeferResolver *self,
                            const GValue     *value)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (value == NULL || G_IS_VALUE (value), FALSE);

  return thr_promise_resolve (self->promise, value);
}

/**
 * thr_defer_resolver_reject:
 * @self: a resolver
 * @failure: the error, which is copied
 *
 * Ends the wait for the defer with an error; see [method@Thr.Defer.reject].
 *
 * Returns: `FALSE` if the defer was resolved, rejected or abandoned before
 *
 * Since: 1.0
 */
gboolean
thr_defer_resolver_reject (ThrDeferResolver *self,
                           const GError     *failure)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (failure != NULL, FALSE);

  return thr_promise_reject (self->promise, failure);
}
