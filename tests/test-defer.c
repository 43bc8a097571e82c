/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

/* ThrDefer and ThrDeferResolver: a result that somebody else gives later. */

static void
set_int (GValue *value,
         int     number)
{
  g_value_init (value, G_TYPE_INT);
  g_value_set_int (value, number);
}

static gboolean
resolve_int (ThrDefer *defer,
             int       number)
{
  g_auto (GValue) value = G_VALUE_INIT;

  set_int (&value, number);
  return thr_defer_resolve (defer, &value);
}

static gboolean
resolver_resolve_int (ThrDeferResolver *resolver,
                      int               number)
{
  g_auto (GValue) value = G_VALUE_INIT;

  set_int (&value, number);
  return thr_defer_resolver_resolve (resolver, &value);
}

static void
assert_gets (ThrDefer *defer,
             int       number)
{
  g_autoptr (GError) error = NULL;
  const GValue *value = thr_defer_get (defer, thr_test_deadline (), &error);

  g_assert_no_error (error);
  g_assert_nonnull (value);
  g_assert_cmpint (g_value_get_int (value), ==, number);
}

static GError *
some_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "no such thing");
}

/* ---- the outcome ---- */

static void
test_settled (void)
{
  g_autoptr (GError) failure = some_error ();
  g_autoptr (GError) error = NULL;
  ThrDefer *defer = thr_defer_new ();

  g_assert_true (thr_defer_is_pending (defer));
  g_assert_true (resolve_int (defer, 7));
  g_assert_false (thr_defer_is_pending (defer));
  assert_gets (defer, 7);
  assert_gets (defer, 7);
  g_assert_finalize_object (defer);

  defer = thr_defer_new ();
  g_assert_true (thr_defer_reject (defer, failure));
  g_assert_null (thr_defer_get (defer, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "no such thing");
  g_assert_null (thr_defer_get (defer, 0, NULL));
  g_assert_finalize_object (defer);

  g_clear_error (&error);
  defer = thr_defer_new ();
  g_assert_true (thr_defer_resolve (defer, NULL));
  g_assert_null (thr_defer_get (defer, 0, &error));
  g_assert_no_error (error);
  g_assert_finalize_object (defer);
}

static void
test_first_wins (void)
{
  g_autoptr (GError) failure = some_error ();
  ThrDefer *defer = thr_defer_new ();

  g_assert_true (resolve_int (defer, 1));
  g_assert_false (resolve_int (defer, 2));
  g_assert_false (thr_defer_resolve (defer, NULL));
  g_assert_false (thr_defer_reject (defer, failure));
  assert_gets (defer, 1);
  g_assert_finalize_object (defer);
}

typedef struct
{
  ThrDefer *defer;
  ThrTestGate *gate;
  int number;
  gboolean won;
} Racer;

static gpointer
race (gpointer data)
{
  Racer *self = data;

  thr_test_gate_wait (self->gate);
  self->won = resolve_int (self->defer, self->number);
  return NULL;
}

static void
test_race (void)
{
  for (guint round = 0; round < thr_test_scale (200, 20); round++)
    {
      ThrDefer *defer = thr_defer_new ();
      ThrTestGate gate = THR_TEST_GATE_INIT;
      Racer racers[3];
      GThread *threads[3];
      int n_won = 0, winner = 0;

      for (int i = 0; i < 3; i++)
        {
          racers[i] = (Racer) { defer, &gate, i, FALSE };
          threads[i] = g_thread_new ("racer", race, &racers[i]);
        }
      thr_test_gate_open (&gate);
      for (int i = 0; i < 3; i++)
        {
          g_thread_join (threads[i]);
          n_won += racers[i].won;
          if (racers[i].won)
            winner = i;
        }
      g_assert_cmpint (n_won, ==, 1);
      assert_gets (defer, winner);
      /* The values of the losers are on their way home. */
      thr_test_drain ();
      g_assert_finalize_object (defer);
      thr_test_gate_clear (&gate);
    }
}

static void
test_time_out (void)
{
  g_autoptr (GError) error = NULL;
  ThrDefer *defer = thr_defer_new ();

  g_assert_null (thr_defer_get (defer, 0, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (thr_defer_get (defer, 2000, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_clear_error (&error);
  g_assert_null (thr_defer_get (defer, -1, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);

  /* It can be waited for again. */
  g_assert_true (resolve_int (defer, 3));
  assert_gets (defer, 3);
  g_assert_finalize_object (defer);
}

/* ---- get, in all kinds of threads ---- */

static gboolean
resolve_cb (gpointer user_data)
{
  resolve_int (user_data, 5);
  return G_SOURCE_REMOVE;
}

static void
test_main_iterates (void)
{
  ThrDefer *defer = thr_defer_new ();

  /* Only the main context can do it. */
  g_idle_add (resolve_cb, defer);
  assert_gets (defer, 5);
  g_assert_finalize_object (defer);
}

static gpointer
resolve_thread (gpointer data)
{
  resolve_int (data, 6);
  return NULL;
}

static void
test_main_woken (void)
{
  for (guint i = 0; i < thr_test_scale (500, 30); i++)
    {
      ThrDefer *defer = thr_defer_new ();
      GThread *thread = g_thread_new ("resolver", resolve_thread, defer);

      assert_gets (defer, 6);
      g_thread_join (thread);
      g_assert_finalize_object (defer);
    }
}

static gpointer
get_thread (gpointer data)
{
  g_autoptr (GMainContext) context = NULL;
  ThrDefer **defers = data;

  g_assert_null (thr_worker_current ());
  assert_gets (defers[0], 8);
  g_assert_null (thr_worker_current ());

  /* With a context of its own the thread has that iterated. */
  context = g_main_context_new ();
  g_main_context_push_thread_default (context);
  {
    ThrDefer *own = thr_defer_new ();
    GSource *source = g_idle_source_new ();

    g_source_set_callback (source, resolve_cb, own, NULL);
    g_source_attach (source, context);
    g_source_unref (source);
    assert_gets (own, 5);
    g_assert_finalize_object (own);
  }
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_foreign_threads (void)
{
  ThrDefer *defer = thr_defer_new ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("waiter", get_thread, &defer);
  g_assert_true (resolve_int (defer, 8));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_finalize_object (defer);
}

static gboolean
get_job (ThrThreadWrapper *thread,
         gpointer          user_data,
         GError          **error)
{
  assert_gets (user_data, 9);
  return TRUE;
}

static void
test_job (void)
{
  g_autoptr (ThrThreadManager) manager = thr_thread_manager_new ();
  g_autoptr (ThrThreadWrapper) job = NULL;
  ThrDefer *defer = thr_defer_new ();

  job = thr_thread_manager_do_async (manager, "waiter", get_job, defer, NULL);
  g_assert_true (resolve_int (defer, 9));
  thr_test_run_until_closed (job);
  g_assert_finalize_object (defer);
}

/* A worker that gets a defer, and hears PING meanwhile. */
typedef struct
{
  ThrDefer *defer;
  ThrTestGate pinged;
  ThrTestGate got;
  GString *words; /* the worker's thread's */
  GError *error;
  int number;
} Getter;

static gboolean
ping (ThrWorker *worker,
      ThrEvent  *event,
      gpointer   user_data,
      GError   **error)
{
  Getter *self = user_data;

  g_string_append (self->words, " ");
  g_string_append (self->words, thr_event_get_name (event));
  thr_test_gate_open (&self->pinged);
  return TRUE;
}

static gboolean
getter_func (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  Getter *self = user_data;
  const GValue *value;

  value = thr_defer_get (self->defer, THR_FOREVER, &self->error);
  g_string_append (self->words, " got");
  if (value != NULL)
    self->number = g_value_get_int (value);
  thr_test_gate_open (&self->got);
  if (!g_error_matches (self->error, THR_ERROR, THR_ERROR_WORKER_EXIT))
    return TRUE;
  g_propagate_error (error, g_error_copy (self->error));
  return FALSE;
}

static void
fire (ThrWorker  *worker,
      const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_worker_fire (worker, name, NULL, &error));
  g_assert_no_error (error);
}

static ThrWorker *
getter_start (Getter   *self,
              ThrDefer *defer)
{
  g_autoptr (GError) error = NULL;
  ThrWorker *worker;

  *self = (Getter) { .defer = defer, .words = g_string_new (NULL) };
  worker = thr_worker_new ("getter", getter_func, self, NULL);
  thr_worker_listen (worker, "PING", ping, self, NULL);
  g_assert_true (thr_worker_start (worker, &error));
  g_assert_no_error (error);
  /* Heard at its break point only, which is the get. */
  fire (worker, "PING");
  thr_test_gate_wait (&self->pinged);
  return worker;
}

static void
getter_end (Getter    *self,
            ThrWorker *worker)
{
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  thr_test_finalize_soon (worker);
  thr_test_gate_clear (&self->pinged);
  thr_test_gate_clear (&self->got);
  g_string_free (self->words, TRUE);
  g_clear_error (&self->error);
}

static void
test_worker_hears (void)
{
  ThrDefer *defer = thr_defer_new ();
  ThrWorker *worker;
  Getter getter;

  worker = getter_start (&getter, defer);
  thr_worker_listen (worker, THR_EVENT_DEFER_FULFILL, ping, &getter, NULL);
  g_assert_false (thr_test_gate_is_open (&getter.got));
  g_assert_true (resolve_int (defer, 10));
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  g_assert_no_error (getter.error);
  g_assert_cmpint (getter.number, ==, 10);
  g_assert_cmpstr (getter.words->str, ==, " PING DEFER_FULFILL got");
  getter_end (&getter, worker);
  g_assert_finalize_object (defer);
}

static void
test_worker_stopped (void)
{
  ThrDefer *defer = thr_defer_new ();
  ThrWorker *worker;
  Getter getter;

  worker = getter_start (&getter, defer);
  thr_worker_stop (worker);
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  g_assert_error (getter.error, THR_ERROR, THR_ERROR_WORKER_EXIT);
  g_assert_true (thr_defer_is_pending (defer));
  getter_end (&getter, worker);
  g_assert_true (resolve_int (defer, 1));
  g_assert_finalize_object (defer);
}

static void
test_worker_paused (void)
{
  ThrDefer *defer = thr_defer_new ();
  ThrWorker *worker;
  Getter getter;

  worker = getter_start (&getter, defer);
  thr_worker_pause (worker);
  g_assert_true (resolve_int (defer, 11));
  /* After the two: it still hears, but is not let go. */
  thr_test_gate_close (&getter.pinged);
  fire (worker, "PING");
  thr_test_gate_wait (&getter.pinged);
  g_assert_false (thr_test_gate_is_open (&getter.got));
  thr_worker_resume (worker);
  thr_test_gate_wait (&getter.got);
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  g_assert_cmpint (getter.number, ==, 11);
  g_assert_cmpstr (getter.words->str, ==, " PING PING got");
  getter_end (&getter, worker);
  g_assert_finalize_object (defer);
}

/* A listener gets a second defer while the function gets the first. */
typedef struct
{
  ThrDefer *outer;
  ThrDefer *inner;
  ThrTestGate inside;
  GString *words;
} Nested;

static gboolean
get_inner (ThrWorker *worker,
           ThrEvent  *event,
           gpointer   user_data,
           GError   **error)
{
  Nested *self = user_data;

  thr_test_gate_open (&self->inside);
  assert_gets (self->inner, 2);
  g_string_append (self->words, "inner ");
  return TRUE;
}

static gboolean
nested_func (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  Nested *self = user_data;

  assert_gets (self->outer, 1);
  g_string_append (self->words, "outer");
  return TRUE;
}

static void
test_nested (void)
{
  for (guint outer_first = 0; outer_first < 2; outer_first++)
    {
      Nested nested = {
        .outer = thr_defer_new (),
        .inner = thr_defer_new (),
        .words = g_string_new (NULL),
      };
      ThrWorker *worker = thr_worker_new ("nested", nested_func, &nested, NULL);

      thr_worker_listen (worker, "GET", get_inner, &nested, NULL);
      g_assert_true (thr_worker_start (worker, NULL));
      fire (worker, "GET");
      thr_test_gate_wait (&nested.inside);
      if (outer_first)
        g_assert_true (resolve_int (nested.outer, 1));
      g_assert_true (resolve_int (nested.inner, 2));
      if (!outer_first)
        g_assert_true (resolve_int (nested.outer, 1));
      g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
      g_assert_cmpstr (nested.words->str, ==, "inner outer");
      thr_test_finalize_soon (worker);
      g_assert_finalize_object (nested.outer);
      g_assert_finalize_object (nested.inner);
      g_string_free (nested.words, TRUE);
      thr_test_gate_clear (&nested.inside);
    }
}

/* ---- get_async ---- */

typedef struct
{
  GThread *home;
  gboolean called;
  int number;
  GError *error;
} Answer;

#define ANSWER_INIT \
  { \
    .home = g_thread_self () \
  }

static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  Answer *self = user_data;
  const GValue *value;

  g_assert_true (g_thread_self () == self->home);
  g_assert_false (self->called);
  g_assert_true (THR_IS_DEFER (source));
  value = thr_defer_get_finish (THR_DEFER (source), result, &self->error);
  if (value != NULL)
    self->number = g_value_get_int (value);
  self->called = TRUE;
}

static void
test_async (void)
{
  g_autoptr (GError) failure = some_error ();
  Answer before = ANSWER_INIT, after = ANSWER_INIT, failed = ANSWER_INIT;
  ThrDefer *defer = thr_defer_new ();
  GThread *thread;

  thr_defer_get_async (defer, NULL, answered_cb, &before);
  thread = g_thread_new ("resolver", resolve_thread, defer);
  g_thread_join (thread);
  thr_defer_get_async (defer, NULL, answered_cb, &after);
  g_assert_false (before.called || after.called);
  thr_test_run_until (before.called && after.called);
  g_assert_no_error (before.error);
  g_assert_cmpint (before.number, ==, 6);
  g_assert_cmpint (after.number, ==, 6);
  g_assert_finalize_object (defer);

  defer = thr_defer_new ();
  thr_defer_get_async (defer, NULL, answered_cb, &failed);
  g_assert_true (thr_defer_reject (defer, failure));
  thr_test_run_until (failed.called);
  g_assert_error (failed.error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&failed.error);
  g_assert_finalize_object (defer);
}

static void
test_async_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer before = ANSWER_INIT, after = ANSWER_INIT, other = ANSWER_INIT;
  ThrDefer *defer = thr_defer_new ();

  thr_defer_get_async (defer, cancellable, answered_cb, &before);
  thr_defer_get_async (defer, NULL, answered_cb, &other);
  g_cancellable_cancel (cancellable);
  thr_defer_get_async (defer, cancellable, answered_cb, &after);
  thr_test_run_until (before.called && after.called);
  g_assert_error (before.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_error (after.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  /* The others still wait. */
  g_assert_false (other.called);
  g_assert_true (resolve_int (defer, 4));
  thr_test_run_until (other.called);
  g_assert_cmpint (other.number, ==, 4);
  g_assert_finalize_object (defer);
  g_clear_error (&before.error);
  g_clear_error (&after.error);
}

/* By one who uses the cancellable again at once: the wait was cancelled all the same. */
static void
test_async_reset (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Answer answer = ANSWER_INIT;
  ThrDefer *defer = thr_defer_new ();

  thr_defer_get_async (defer, cancellable, answered_cb, &answer);
  g_cancellable_cancel (cancellable);
  g_cancellable_reset (cancellable);
  thr_test_run_until (answer.called);
  g_assert_error (answer.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&answer.error);
  g_assert_finalize_object (defer);
}

/* A binding's toggle notify waits for its interpreter, which another thread may
 * hold that drops a resolver. Here it drops one itself. */
static void
toggled_cb (gpointer  data,
            GObject  *defer,
            gboolean  is_last)
{
  ThrDeferResolver **resolver = data;

  if (!is_last)
    g_clear_pointer (resolver, thr_defer_resolver_unref);
}

static void
test_toggle (void)
{
  Answer answer = ANSWER_INIT;
  ThrDefer *defer = thr_defer_new ();
  ThrDeferResolver *resolver = thr_defer_dup_resolver (defer);
  ThrDeferResolver *other = thr_defer_dup_resolver (defer);

  g_object_add_toggle_ref (G_OBJECT (defer), toggled_cb, &other);
  g_object_unref (defer);
  thr_defer_get_async (defer, NULL, answered_cb, &answer);
  g_assert_null (other);

  g_assert_true (resolver_resolve_int (resolver, 3));
  thr_test_run_until (answer.called);
  g_assert_cmpint (answer.number, ==, 3);
  thr_defer_resolver_unref (resolver);
  g_object_ref (defer);
  g_object_remove_toggle_ref (G_OBJECT (defer), toggled_cb, &other);
  g_assert_finalize_object (defer);
}

/* In a context that whoever iterates it has not pushed. */
static gpointer
async_elsewhere (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Answer answer = ANSWER_INIT;

  g_main_context_push_thread_default (context);
  thr_defer_get_async (data, NULL, answered_cb, &answer);
  g_main_context_pop_thread_default (context);
  while (!answer.called)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (answer.number, ==, 12);
  return NULL;
}

static void
test_async_elsewhere (void)
{
  ThrDefer *defer = thr_defer_new ();
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("waiter", async_elsewhere, defer);
  g_assert_true (resolve_int (defer, 12));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  thr_test_finalize_soon (defer);
}

/* ---- dropped ---- */

static void
test_dropped (void)
{
  Answer answer = ANSWER_INIT, second = ANSWER_INIT;
  ThrTestHome home;
  ThrDefer *defer = thr_defer_new ();

  thr_test_home_init (&home);
  thr_test_home_watch (&home, defer);
  thr_defer_get_async (defer, NULL, answered_cb, &answer);
  thr_defer_get_async (defer, NULL, answered_cb, &second);
  g_object_unref (defer);
  thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
  g_assert_true (answer.called && second.called);
  g_assert_error (answer.error, THR_ERROR, THR_ERROR_ABANDONED);
  g_assert_error (second.error, THR_ERROR, THR_ERROR_ABANDONED);
  g_assert_cmpint (thr_test_home_n_disposed (&home), ==, 1);
  g_clear_error (&answer.error);
  g_clear_error (&second.error);
}

static gpointer
drop_thread (gpointer data)
{
  g_object_unref (data);
  return NULL;
}

static void
test_dropped_elsewhere (void)
{
  for (guint i = 0; i < thr_test_scale (300, 20); i++)
    {
      Answer answer = ANSWER_INIT;
      ThrTestHome home;
      ThrDefer *defer = thr_defer_new ();
      GThread *thread;

      thr_test_home_init (&home);
      thr_test_home_watch (&home, defer);
      thr_defer_get_async (defer, NULL, answered_cb, &answer);
      thread = g_thread_new ("dropper", drop_thread, defer);
      thr_test_poll_until (answer.called && thr_test_home_n_finalized (&home) == 1);
      g_thread_join (thread);
      g_assert_error (answer.error, THR_ERROR, THR_ERROR_ABANDONED);
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      g_clear_error (&answer.error);
    }
}

/* The maker drops it while a worker waits with the maker's reference. */
static void
test_dropped_in_get (void)
{
  ThrDefer *defer = thr_defer_new ();
  ThrWorker *worker;
  Getter getter;

  worker = getter_start (&getter, defer);
  g_object_unref (defer);
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  g_assert_error (getter.error, THR_ERROR, THR_ERROR_ABANDONED);
  getter_end (&getter, worker);
}

static gpointer
drop_resolver (gpointer data)
{
  thr_defer_resolver_unref (data);
  return NULL;
}

static gpointer
use_resolver (gpointer data)
{
  ThrDeferResolver *resolver = data;

  g_assert_true (resolver_resolve_int (resolver, 13));
  g_assert_false (resolver_resolve_int (resolver, 14));
  thr_defer_resolver_unref (resolver);
  return NULL;
}

static void
test_resolver (void)
{
  g_autoptr (GError) error = NULL;
  ThrDefer *defer = thr_defer_new ();
  GThread *thread;

  /* Whoever waits holds the defer, and it is abandoned all the same. */
  thread = g_thread_new ("dropper", drop_resolver, thr_defer_dup_resolver (defer));
  g_assert_null (thr_defer_get (defer, thr_test_deadline (), &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_ABANDONED);
  g_thread_join (thread);
  g_assert_finalize_object (defer);

  defer = thr_defer_new ();
  thread = g_thread_new ("resolver", use_resolver, thr_defer_dup_resolver (defer));
  assert_gets (defer, 13);
  g_thread_join (thread);
  g_assert_finalize_object (defer);
}

static void
test_two_resolvers (void)
{
  ThrDefer *defer = thr_defer_new ();
  ThrDeferResolver *first = thr_defer_dup_resolver (defer);
  ThrDeferResolver *second = thr_defer_dup_resolver (defer);
  g_autoptr (GError) failure = some_error ();
  g_autoptr (GError) error = NULL;

  thr_defer_resolver_unref (thr_defer_resolver_ref (first));
  thr_defer_resolver_unref (first);
  g_assert_true (thr_defer_is_pending (defer));
  g_assert_true (thr_defer_resolver_reject (second, failure));
  thr_defer_resolver_unref (second);
  g_assert_null (thr_defer_get (defer, 0, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_finalize_object (defer);
}

/* Those who wait asynchronously hold the defer as soon as there is a resolver,
 * whichever came first. */
static void
test_resolver_keeps (void)
{
  for (guint resolver_first = 0; resolver_first < 2; resolver_first++)
    {
      Answer answer = ANSWER_INIT;
      ThrDefer *defer = thr_defer_new ();
      ThrDeferResolver *resolver = NULL;
      gpointer alive = defer;

      if (resolver_first)
        resolver = thr_defer_dup_resolver (defer);
      thr_defer_get_async (defer, NULL, answered_cb, &answer);
      if (!resolver_first)
        resolver = thr_defer_dup_resolver (defer);
      g_object_add_weak_pointer (G_OBJECT (defer), &alive);
      g_object_unref (defer);
      thr_test_drain ();
      g_assert_false (answer.called);
      g_assert_nonnull (alive);
      g_assert_true (resolver_resolve_int (resolver, 15));
      thr_defer_resolver_unref (resolver);
      thr_test_run_until (answer.called);
      g_assert_cmpint (answer.number, ==, 15);
      thr_test_poll_until (alive == NULL);
    }
}

/* A resolver does not keep the defer, and outlives it. */
static void
test_resolver_left (void)
{
  ThrDefer *defer = thr_defer_new ();
  ThrDeferResolver *resolver = thr_defer_dup_resolver (defer);

  g_assert_finalize_object (defer);
  g_assert_true (resolver_resolve_int (resolver, 1));
  thr_defer_resolver_unref (resolver);
}

/* ---- where things are freed ---- */

typedef struct
{
  gint ref_count;
  ThrTestHome *home;
} Box;

static gpointer
box_copy (gpointer data)
{
  g_atomic_int_inc (&((Box *) data)->ref_count);
  return data;
}

static void
box_free (gpointer data)
{
  Box *self = data;

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  thr_test_home_destroy (self->home);
  g_free (self);
}

static gpointer
resolve_with_box (gpointer data)
{
  gpointer *arguments = data;
  GType type = g_boxed_type_register_static ("TestBox", box_copy, box_free);
  g_auto (GValue) value = G_VALUE_INIT;
  Box *box = g_new (Box, 1);

  *box = (Box) { 1, arguments[1] };
  g_value_init (&value, type);
  g_value_take_boxed (&value, box);
  g_assert_true (thr_defer_resolve (arguments[0], &value));
  return NULL;
}

static void
test_home (void)
{
  ThrDefer *defer = thr_defer_new ();
  ThrTestHome home;
  gpointer arguments[] = { defer, &home };

  thr_test_home_init (&home);
  thr_test_home_watch (&home, defer);
  g_thread_join (g_thread_new ("resolver", resolve_with_box, arguments));
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 0);
  g_thread_join (g_thread_new ("dropper", drop_thread, defer));
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 0);
  thr_test_poll_until (thr_test_home_n_finalized (&home) == 1);
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 1);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
}

/* ---- all at once ---- */

static gpointer
stress_resolve (gpointer data)
{
  ThrDefer *defer = data;

  if (g_random_boolean ())
    resolve_int (defer, 1);
  g_object_unref (defer);
  return NULL;
}

static gpointer
stress_get (gpointer data)
{
  ThrDefer *defer = data;
  g_autoptr (GError) error = NULL;

  if (thr_defer_get (defer, g_random_int_range (0, 2000), &error) == NULL)
    g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
  g_object_unref (defer);
  return NULL;
}

static void
test_stress (void)
{
  for (guint i = 0; i < thr_test_scale (300, 10); i++)
    {
      Answer answer = ANSWER_INIT;
      ThrDefer *defer = thr_defer_new ();
      gpointer alive = defer;
      GThread *threads[4];

      g_object_add_weak_pointer (G_OBJECT (defer), &alive);
      thr_defer_get_async (defer, NULL, answered_cb, &answer);
      threads[0] = g_thread_new ("resolve", stress_resolve, g_object_ref (defer));
      threads[1] = g_thread_new ("get", stress_get, g_object_ref (defer));
      threads[2] = g_thread_new ("get", stress_get, g_object_ref (defer));
      threads[3] = g_thread_new ("resolve", stress_resolve, g_object_ref (defer));
      g_object_unref (defer);
      thr_test_poll_until (answer.called && alive == NULL);
      for (guint t = 0; t < G_N_ELEMENTS (threads); t++)
        g_thread_join (threads[t]);
      if (answer.error != NULL)
        g_assert_error (answer.error, THR_ERROR, THR_ERROR_ABANDONED);
      g_clear_error (&answer.error);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/defer/settled", test_settled);
  g_test_add_func ("/defer/first-wins", test_first_wins);
  g_test_add_func ("/defer/race", test_race);
  g_test_add_func ("/defer/time-out", test_time_out);
  g_test_add_func ("/defer/main-iterates", test_main_iterates);
  g_test_add_func ("/defer/main-woken", test_main_woken);
  g_test_add_func ("/defer/foreign-threads", test_foreign_threads);
  g_test_add_func ("/defer/job", test_job);
  g_test_add_func ("/defer/worker-hears", test_worker_hears);
  g_test_add_func ("/defer/worker-stopped", test_worker_stopped);
  g_test_add_func ("/defer/worker-paused", test_worker_paused);
  g_test_add_func ("/defer/nested", test_nested);
  g_test_add_func ("/defer/async", test_async);
  g_test_add_func ("/defer/async-cancelled", test_async_cancelled);
  g_test_add_func ("/defer/async-reset", test_async_reset);
  g_test_add_func ("/defer/toggle", test_toggle);
  g_test_add_func ("/defer/async-elsewhere", test_async_elsewhere);
  g_test_add_func ("/defer/dropped", test_dropped);
  g_test_add_func ("/defer/dropped-elsewhere", test_dropped_elsewhere);
  g_test_add_func ("/defer/dropped-in-get", test_dropped_in_get);
  g_test_add_func ("/defer/resolver", test_resolver);
  g_test_add_func ("/defer/two-resolvers", test_two_resolvers);
  g_test_add_func ("/defer/resolver-keeps", test_resolver_keeps);
  g_test_add_func ("/defer/resolver-left", test_resolver_left);
  g_test_add_func ("/defer/home", test_home);
  g_test_add_func ("/defer/stress", test_stress);

  return g_test_run ();
}
