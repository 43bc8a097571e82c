/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Each step is announced once and in order, whatever is frozen; progress,
 * status and message are merged, and never lose the last value. */

#include "config.h"

#include "base/thr-dispatcher-private.h"
#include "thr-test.h"

#define STEPS "RUNNING RETURNED FINISHING CLOSED"

/* ---- the states ---- */

static void
test_frozen (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (guint i = 0; i < 50; i++)
    {
      ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);

      thr_test_recorder_watch_callbacks (recorder, thread);
      g_object_freeze_notify (G_OBJECT (thread));
      g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      g_object_thaw_notify (G_OBJECT (thread));
      thr_test_drain ();
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==,
                       "RUNNING RETURNED on_success FINISHING on_end CLOSED");
      g_assert_finalize_object (thread);
    }

  g_assert_finalize_object (manager);
}

/* A background thread sets the status of jobs whose owner announces their
 * steps: g_object_set() freezes the notify queue of the object. */
#define WINDOW 64

typedef struct
{
  GMutex mutex;
  ThrThreadWrapper *threads[WINDOW]; /* guarded by mutex */
  int quit;
  int n_set; /* atomic */
} Setter;

static gpointer
setter_thread (gpointer user_data)
{
  Setter *setter = user_data;
  g_auto (GValue) status = G_VALUE_INIT;
  guint next = 0;

  g_value_init (&status, G_TYPE_UINT);
  while (!g_atomic_int_get (&setter->quit))
    {
      g_autoptr (ThrThreadWrapper) thread = NULL;

      g_mutex_lock (&setter->mutex);
      g_set_object (&thread, setter->threads[next++ % WINDOW]);
      g_mutex_unlock (&setter->mutex);
      if (thread == NULL)
        continue;
      for (guint i = 0; i < 20; i++)
        {
          g_value_set_uint (&status, (guint) g_atomic_int_add (&setter->n_set, 1));
          g_object_set (thread, "status", &status, NULL);
        }
    }

  return NULL;
}

static void
status_at_home_cb (GObject    *object,
                   GParamSpec *pspec,
                   GThread    *home)
{
  g_assert_true (g_thread_self () == home);
}

static void
test_set_meanwhile (void)
{
  guint n_rounds = thr_test_scale (100000, 1280) / 4 / WINDOW + 1;
  ThrThreadManager *manager = thr_thread_manager_new ();
  Setter setter = { .quit = 0 };
  GThread *other = g_thread_new ("setter", setter_thread, &setter);
  ThrTestHome home;
  int n_made = 0;

  thr_test_home_init (&home);
  for (guint round = 0; round < n_rounds; round++)
    {
      ThrThreadWrapper *threads[WINDOW];
      ThrTestRecorder *recorders[WINDOW];
      int n_set = g_atomic_int_get (&setter.n_set);

      for (guint i = 0; i < WINDOW; i++)
        {
          threads[i] = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
          recorders[i] = thr_test_recorder_new (threads[i]);
          g_signal_connect (threads[i], "notify::status", G_CALLBACK (status_at_home_cb), g_thread_self ());
          thr_test_home_watch (&home, threads[i]);
          n_made++;
        }
      g_mutex_lock (&setter.mutex);
      for (guint i = 0; i < WINDOW; i++)
        setter.threads[i] = g_object_ref (threads[i]);
      g_mutex_unlock (&setter.mutex);
      g_assert_true (thr_thread_manager_submit_many (manager, threads, WINDOW, NULL));

      thr_test_block_until (g_atomic_int_get (&setter.n_set) != n_set);
      for (guint i = 0; i < WINDOW; i++)
        {
          thr_test_run_until (thr_test_recorder_is_closed (recorders[i]));
          g_assert_cmpstr (thr_test_recorder_get (recorders[i]), ==, STEPS);
        }
      g_mutex_lock (&setter.mutex);
      for (guint i = 0; i < WINDOW; i++)
        g_clear_object (&setter.threads[i]);
      g_mutex_unlock (&setter.mutex);
      for (guint i = 0; i < WINDOW; i++)
        {
          g_assert_cmpstr (thr_test_recorder_get (recorders[i]), ==, STEPS);
          thr_test_recorder_unref (recorders[i]);
          g_object_unref (threads[i]);
        }
    }
  g_atomic_int_set (&setter.quit, 1);
  g_thread_join (other);

  thr_test_run_until (thr_test_home_n_finalized (&home) == n_made);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  g_assert_finalize_object (manager);
}

/* Outside of handlers, on this thread and on others, the state never goes
 * back; inside, it is the step that is announced (the recorder asserts it). */
typedef struct
{
  ThrThreadWrapper *thread;
  ThrTestGate started;
  int quit;
} Poller;

static gpointer
poller_thread (gpointer user_data)
{
  Poller *poller = user_data;
  ThrExecutionState last = THR_EXECUTION_STATE_CREATED;

  thr_test_gate_open (&poller->started);
  while (!g_atomic_int_get (&poller->quit) || last != THR_EXECUTION_STATE_CLOSED)
    {
      ThrExecutionState state = thr_thread_wrapper_get_execution_state (poller->thread);

      g_assert_cmpint (state, >=, last);
      last = state;
    }

  return NULL;
}

static void
test_never_back (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  guint n = thr_test_scale (1000, 20);

  for (guint i = 0; i < n; i++)
    {
      Poller poller = { .quit = 0 };
      g_autoptr (ThrTestRecorder) recorder = NULL;
      g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
      ThrExecutionState last = THR_EXECUTION_STATE_CREATED;
      GThread *other;

      poller.thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
      recorder = thr_test_recorder_new (poller.thread);
      if (i % 2 == 0)
        thr_test_recorder_watch_callbacks (recorder, poller.thread);
      other = g_thread_new ("poller", poller_thread, &poller);
      thr_test_gate_wait (&poller.started);
      g_assert_true (thr_thread_manager_submit (manager, poller.thread, NULL));
      while (!thr_test_recorder_is_closed (recorder))
        {
          ThrExecutionState state = thr_thread_wrapper_get_execution_state (poller.thread);

          g_assert_cmpint (state, >=, last);
          last = state;
          g_main_context_iteration (context, FALSE);
        }
      g_atomic_int_set (&poller.quit, 1);
      g_thread_join (other);
      g_assert_finalize_object (poller.thread);
      thr_test_gate_clear (&poller.started);
    }

  g_assert_finalize_object (manager);
}

/* ---- progress, status, message ---- */

typedef struct
{
  GThread *home;
  guint turn;
  guint last_turn;
  guint n;
  double last;
  gulong slowness; /* of every other call of the handler, in microseconds */
} Turns;

static void
progress_turn_cb (ThrThreadWrapper *thread,
                  GParamSpec       *pspec,
                  Turns            *turns)
{
  g_assert_true (g_thread_self () == turns->home);
  /* The last value comes before the job's end, be that in the same turn. */
  if (thr_thread_wrapper_get_finished_with (thread) == THR_EXECUTION_STATE_CREATED)
    g_assert_cmpuint (turns->turn, !=, turns->last_turn);
  turns->last_turn = turns->turn;
  turns->n++;
  turns->last = thr_thread_wrapper_get_progress (thread);
  /* What comes meanwhile has waited for longer than a tick, and still is for the next turn. */
  if (turns->n % 2 == 0)
    g_usleep (turns->slowness);
}

typedef struct
{
  gint64 duration;
  guint64 n_set;
} Flood;

static gboolean
flood_func (ThrThreadWrapper *thread,
            gpointer          user_data,
            GError          **error)
{
  Flood *flood = user_data;
  gint64 until = g_get_monotonic_time () + flood->duration;

  do
    {
      for (guint i = 0; i < 100; i++)
        thr_thread_wrapper_set_progress (thread, (double) (flood->n_set++ % 1000) / 1000);
      if (flood->n_set % 10000 == 0)
        thr_thread_wrapper_set_message (thread, "still at it");
    }
  while (g_get_monotonic_time () < until);
  thr_thread_wrapper_set_progress (thread, 0.123456);

  return TRUE;
}

static gboolean
turn_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_merged (gconstpointer data)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Flood flood = { G_USEC_PER_SEC, 0 };
  Turns turns = { .home = g_thread_self (), .turn = 1, .last = -1, .slowness = GPOINTER_TO_UINT (data) };
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, flood_func, &flood, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
  guint idle = g_idle_add (turn_cb, NULL);
  gint64 begun = g_get_monotonic_time ();
  double seconds;

  g_signal_connect (thread, "notify::progress", G_CALLBACK (progress_turn_cb), &turns);
  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  while (!thr_test_recorder_is_closed (recorder))
    {
      turns.turn++;
      g_main_context_iteration (NULL, TRUE);
    }
  seconds = (double) (g_get_monotonic_time () - begun) / G_USEC_PER_SEC;
  g_source_remove (idle);

  g_assert_cmpfloat (turns.last, ==, 0.123456);
  g_assert_cmpuint (turns.n, <=, (guint) (70 * seconds) + 2);
  g_assert_cmpuint (turns.n, >=, 10);
  g_assert_cmpuint (flood.n_set, >, 10 * turns.n);
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, STEPS);
  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

/* The job goes on only when its last value was announced, and nothing else
 * wakes the loop up. */
typedef struct
{
  ThrTestGate gate;
  double wanted;
  char *wanted_message;
  guint wanted_status;
  guint missing;
} Handshake;

static void
handshake_cb (ThrThreadWrapper *thread,
              GParamSpec       *pspec,
              Handshake        *shake)
{
  g_autofree char *message = thr_thread_wrapper_dup_message (thread);
  g_auto (GValue) status = G_VALUE_INIT;
  gboolean last = FALSE;

  switch (pspec->name[0])
    {
    case 'p':
      last = thr_thread_wrapper_get_progress (thread) == 1;
      break;
    case 'm':
      last = g_strcmp0 (message, "last") == 0;
      break;
    case 's':
      last = thr_thread_wrapper_get_status (thread, &status) && G_VALUE_HOLDS_STRING (&status);
      break;
    default:
      g_assert_not_reached ();
    }
  if (last)
    thr_test_gate_open (&shake->gate);
}

static gboolean
handshake_func (ThrThreadWrapper *thread,
                gpointer          user_data,
                GError          **error)
{
  Handshake *shake = user_data;
  g_auto (GValue) number = G_VALUE_INIT, string = G_VALUE_INIT;
  guint n = thr_test_scale (60, 10);

  g_value_init (&number, G_TYPE_DOUBLE);
  g_value_init (&string, G_TYPE_STRING);
  g_value_set_static_string (&string, "last");

  for (guint round = 0; round < n; round++)
    {
      guint burst = (round * 7919) % 500;

      thr_test_gate_close (&shake->gate);
      for (guint i = 0; i < burst; i++)
        switch (round % 3)
          {
          case 0:
            thr_thread_wrapper_set_progress (thread, 0.5 * i / burst);
            break;
          case 1:
            thr_thread_wrapper_set_message (thread, "not yet");
            break;
          default:
            thr_thread_wrapper_set_status (thread, &number);
          }
      switch (round % 3)
        {
        case 0:
          thr_thread_wrapper_set_progress (thread, 1);
          break;
        case 1:
          thr_thread_wrapper_set_message (thread, "last");
          break;
        default:
          thr_thread_wrapper_set_status (thread, &string);
        }
      thr_test_gate_wait (&shake->gate);
      /* So that the last value is one that changes. */
      thr_thread_wrapper_set_progress (thread, 0);
      thr_thread_wrapper_set_message (thread, NULL);
      thr_thread_wrapper_set_status (thread, &number);
    }

  return TRUE;
}

static void
test_last_value (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Handshake shake = { .wanted = 0 };
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, handshake_func, &shake, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);

  g_signal_connect (thread, "notify::progress", G_CALLBACK (handshake_cb), &shake);
  g_signal_connect (thread, "notify::message", G_CALLBACK (handshake_cb), &shake);
  g_signal_connect (thread, "notify::status", G_CALLBACK (handshake_cb), &shake);
  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  thr_test_run_until (thr_test_recorder_is_closed (recorder));

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&shake.gate);
}

/* What was set before a step is announced before it. */
static void
before_cb (ThrThreadWrapper *thread,
           GParamSpec       *pspec,
           ThrTestRecorder  *recorder)
{
  thr_test_recorder_add (recorder, pspec->name);
}

static gboolean
before_func (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  g_auto (GValue) status = G_VALUE_INIT;

  g_value_init (&status, G_TYPE_INT64);
  switch (GPOINTER_TO_UINT (user_data))
    {
    case 0:
      thr_thread_wrapper_set_progress (thread, 0.25);
      break;
    case 1:
      thr_thread_wrapper_set_status (thread, &status);
      break;
    default:
      thr_thread_wrapper_set_message (thread, "done");
    }

  return TRUE;
}

static void
test_before_the_step (void)
{
  static const char *names[] = { "progress", "status", "message" };
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (guint i = 0; i < 300; i++)
    {
      const char *name = names[i % 3];
      ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, before_func, GUINT_TO_POINTER (i % 3), NULL);
      g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
      g_autofree char *signal = g_strconcat ("notify::", name, NULL);
      g_autofree char *expected = g_strconcat ("RUNNING ", name, " RETURNED FINISHING CLOSED", NULL);

      g_signal_connect (thread, signal, G_CALLBACK (before_cb), recorder);
      g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
      if (i % 2 == 0)
        thr_test_block_until (thr_thread_wrapper_get_finished_with (thread) != THR_EXECUTION_STATE_CREATED);
      thr_test_run_until (thr_test_recorder_is_closed (recorder));
      thr_test_drain ();
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==, expected);
      g_assert_finalize_object (thread);
    }

  g_assert_finalize_object (manager);
}

/* A value is announced once, whether a tick, the job's end or both in one turn
 * come for it. */
typedef struct
{
  ThrTestGate go[3]; /* the owner's word for the first, the second, the end */
  ThrTestGate set;
  double values[3]; /* set one after the other, for the second; -1 = no more */
} Repeats;

static void
value_cb (ThrThreadWrapper *thread,
          GParamSpec       *pspec,
          ThrTestRecorder  *recorder)
{
  char word[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (word, sizeof word, "%.2f", thr_thread_wrapper_get_progress (thread));
  thr_test_recorder_add (recorder, word);
}

static gboolean
repeat_func (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Repeats *self = user_data;

  thr_test_gate_wait (&self->go[0]);
  thr_thread_wrapper_set_progress (thread, 0.25);
  thr_test_gate_wait (&self->go[1]);
  for (guint i = 0; i < G_N_ELEMENTS (self->values) && self->values[i] >= 0; i++)
    thr_thread_wrapper_set_progress (thread, self->values[i]);
  thr_test_gate_open (&self->set);
  thr_test_gate_wait (&self->go[2]);

  return TRUE;
}

static gboolean
is_over (gint64 time)
{
  return g_get_monotonic_time () > time;
}

static void
assert_repeats (const Repeats *values,
                gboolean       ticking,
                const char    *expected)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Repeats self = *values;
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, repeat_func, &self, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);

  g_signal_connect (thread, "notify::progress", G_CALLBACK (value_cb), recorder);
  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  thr_test_gate_open (&self.go[0]);
  thr_test_run_until (g_str_equal (thr_test_recorder_get (recorder), "RUNNING 0.25"));

  thr_test_gate_open (&self.go[1]);
  thr_test_gate_wait (&self.set);
  /* So soon after the first, the second is put off until a tick. */
  if (ticking)
    thr_test_drain ();
  thr_test_gate_open (&self.go[2]);
  thr_test_block_until (thr_thread_wrapper_get_finished_with (thread) != THR_EXECUTION_STATE_CREATED);
  if (ticking)
    thr_test_block_until (is_over (thr_thread_wrapper_get_ended_at (thread) + 2 * THR_TICK_INTERVAL));

  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  thr_test_block_until (is_over (thr_thread_wrapper_get_ended_at (thread) + 2 * THR_TICK_INTERVAL));
  thr_test_drain ();
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==, expected);

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
  for (guint i = 0; i < G_N_ELEMENTS (self.go); i++)
    thr_test_gate_clear (&self.go[i]);
  thr_test_gate_clear (&self.set);
}

static void
test_once (void)
{
  const Repeats none = { .values = { -1 } };
  const Repeats another = { .values = { 0.5, -1 } };
  const Repeats same = { .values = { 0.25, 0.25, 0.25 } };

  for (guint ticking = 0; ticking < 2; ticking++)
    {
      assert_repeats (&none, ticking, "RUNNING 0.25 RETURNED FINISHING CLOSED");
      assert_repeats (&another, ticking, "RUNNING 0.25 0.50 RETURNED FINISHING CLOSED");
      assert_repeats (&same, ticking, "RUNNING 0.25 RETURNED FINISHING CLOSED");
    }
}

/* Values that come and go too fast to be seen are let go at home, or by the
 * job that set them; and a reader never sees one that is torn or freed. */
static gboolean
status_func (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  guint n = thr_test_scale (20000, 500);

  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) status = G_VALUE_INIT;

      switch (i % 3)
        {
        case 0:
          g_value_init (&status, G_TYPE_STRING);
          g_value_take_string (&status, g_strdup_printf ("%u", i));
          break;
        case 1:
          g_value_init (&status, G_TYPE_VARIANT);
          g_value_set_variant (&status, g_variant_new_string ("a variant"));
          break;
        default:
          g_value_init (&status, G_TYPE_CANCELLABLE);
          g_value_take_object (&status, g_cancellable_new ());
        }
      thr_thread_wrapper_set_status (thread, &status);
      if (i % 5 == 0)
        thr_thread_wrapper_set_message (thread, "a message");
      else if (i % 5 == 1)
        thr_thread_wrapper_set_message (thread, NULL);
    }

  return TRUE;
}

static void
test_torn (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, status_func, NULL, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);

  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  while (!thr_test_recorder_is_closed (recorder))
    {
      g_auto (GValue) status = G_VALUE_INIT;
      g_autofree char *message = thr_thread_wrapper_dup_message (thread);

      if (thr_thread_wrapper_get_status (thread, &status))
        {
          if (G_VALUE_HOLDS_STRING (&status))
            g_assert_cmpint (g_value_get_string (&status)[0], >=, '0');
          else if (G_VALUE_HOLDS_VARIANT (&status))
            g_assert_cmpstr (g_variant_get_string (g_value_get_variant (&status), NULL), ==, "a variant");
          else
            g_assert_true (G_IS_CANCELLABLE (g_value_get_object (&status)));
        }
      if (message != NULL)
        g_assert_cmpstr (message, ==, "a message");
      g_main_context_iteration (NULL, FALSE);
    }

  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

/* ---- a binding ---- */

static void
test_binding (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  Flood flood = { 100000, 0 };
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, flood_func, &flood, NULL);
  ThrThreadWrapper *target = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);
  Turns turns = { .home = g_thread_self (), .turn = 1, .last = -1 };
  guint idle = g_idle_add (turn_cb, NULL);

  g_object_bind_property (thread, "progress", target, "progress", G_BINDING_SYNC_CREATE);
  g_signal_connect (thread, "notify::progress", G_CALLBACK (progress_turn_cb), &turns);
  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  while (!thr_test_recorder_is_closed (recorder))
    {
      turns.turn++;
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (idle);
  g_assert_cmpfloat (thr_thread_wrapper_get_progress (target), ==, 0.123456);

  g_assert_finalize_object (thread);
  thr_thread_wrapper_set_progress (target, 0.5);
  thr_test_drain ();
  g_assert_finalize_object (target);
  g_assert_finalize_object (manager);
}

/* The end waits for what the job has posted, and nothing else does. */
static void
posted_cb (gpointer user_data)
{
  thr_test_recorder_add (user_data, "posted");
}

static gboolean
rename_and_post (ThrThreadWrapper *thread,
                 gpointer          user_data,
                 GError          **error)
{
  ThrTestRecorder **recorder = user_data;

  thr_thread_wrapper_set_name (thread, "renamed");
  return thr_invoke_owner (posted_cb, *recorder, NULL, error);
}

static void
renamed_cb (ThrThreadWrapper *thread,
            GParamSpec       *pspec,
            ThrTestRecorder  *recorder)
{
  thr_test_recorder_add (recorder, "renamed");
}

static void
test_before_what_is_posted (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  g_autoptr (ThrTestRecorder) recorder = NULL;
  ThrThreadWrapper *thread;

  thread = thr_thread_wrapper_new (NULL, rename_and_post, &recorder, NULL);
  recorder = thr_test_recorder_new (thread);
  g_signal_connect (thread, "notify::name", G_CALLBACK (renamed_cb), recorder);
  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  thr_test_block_until (thr_thread_wrapper_get_finished_with (thread) != THR_EXECUTION_STATE_CREATED);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_cmpstr (thr_test_recorder_get (recorder), ==,
                   "RUNNING renamed posted RETURNED FINISHING CLOSED");
  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
}

/* Set on another thread before the job is submitted, and announced only after. */
static gpointer
set_progress_cb (gpointer data)
{
  thr_thread_wrapper_set_progress (data, 0.5);
  return NULL;
}

static void
test_set_before (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, thr_test_job_gate, &gate, NULL);
  g_autoptr (ThrTestRecorder) recorder = thr_test_recorder_new (thread);

  g_thread_join (g_thread_new ("setter", set_progress_cb, thread));
  g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
  thr_test_run_until (g_str_equal (thr_test_recorder_get (recorder), "RUNNING"));
  thr_test_drain ();
  g_assert_cmpfloat (thr_thread_manager_get_progress (manager), ==, 0.5);
  thr_test_gate_open (&gate);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_finalize_object (thread);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

/* Progress that a job has before it is to run counts from then on, and no sooner. */
static void
test_progress_before (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *first = thr_thread_manager_do_manual (manager, NULL);
  ThrThreadWrapper *held = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrThreadWrapper *early = thr_thread_wrapper_new (NULL, thr_test_job_gate, &gate, NULL);

  g_assert_true (thr_thread_manager_append (manager, held, NULL));
  thr_thread_wrapper_set_progress (held, 0.5);
  thr_test_drain ();
  g_assert_cmpfloat (thr_thread_manager_get_progress (manager), ==, 0.0);
  thr_thread_wrapper_cancel (held);
  thr_test_run_until_closed (held);
  g_assert_cmpfloat (thr_thread_manager_get_progress (manager), ==, 0.0);

  thr_thread_wrapper_set_progress (early, 0.5);
  thr_test_drain ();
  g_assert_true (thr_thread_manager_submit (manager, early, NULL));
  thr_test_drain ();
  g_assert_cmpfloat (thr_thread_manager_get_progress (manager), ==, 0.25);
  thr_test_gate_open (&gate);
  thr_test_run_until_closed (early);
  g_assert_cmpfloat (thr_thread_manager_get_progress (manager), ==, 0.5);

  thr_thread_wrapper_return_value (first, NULL, NULL);
  thr_test_run_until_closed (first);
  g_assert_cmpfloat (thr_thread_manager_get_progress (manager), ==, 1.0);
  thr_test_drain ();
  g_assert_finalize_object (first);
  g_assert_finalize_object (held);
  g_assert_finalize_object (early);
  g_assert_finalize_object (manager);
  thr_test_gate_clear (&gate);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/notify/frozen", test_frozen);
  g_test_add_func ("/notify/set-meanwhile", test_set_meanwhile);
  g_test_add_func ("/notify/never-back", test_never_back);
  g_test_add_data_func ("/notify/merged", NULL, test_merged);
  g_test_add_data_func ("/notify/merged-slowly", GUINT_TO_POINTER (20000), test_merged);
  g_test_add_func ("/notify/last-value", test_last_value);
  g_test_add_func ("/notify/before-the-step", test_before_the_step);
  g_test_add_func ("/notify/once", test_once);
  g_test_add_func ("/notify/torn", test_torn);
  g_test_add_func ("/notify/binding", test_binding);
  g_test_add_func ("/notify/before-what-is-posted", test_before_what_is_posted);
  g_test_add_func ("/notify/set-before", test_set_before);
  g_test_add_func ("/notify/progress-before", test_progress_before);

  return g_test_run ();
}
