/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Wherever the last reference is dropped, everything comes down at home. */

#include "config.h"

#include "thr-test.h"
#include "threads/thr-core-private.h"

static void
nothing_on_end (ThrThreadWrapper *thread,
                gpointer          user_data)
{
}

static gboolean
nothing_background (ThrThreadWrapper *thread,
                    const GValue     *arguments,
                    gsize             n_arguments,
                    gpointer          user_data,
                    GError          **error)
{
  return TRUE;
}

/* ---- last unrefs on foreign threads ---- */

typedef struct
{
  GAsyncQueue *queue;
  int *n_pending;
} Unreffer;

static gpointer
unref_thread (gpointer user_data)
{
  Unreffer *self = user_data;
  gpointer object;

  while ((object = g_async_queue_pop (self->queue)) != self->queue)
    {
      g_object_unref (object);
      g_atomic_int_add (self->n_pending, -1);
    }

  return NULL;
}

static void
test_last_unrefs (void)
{
  int n = (int) thr_test_scale (200000, 3000), window = (int) thr_test_scale (5000, 500);
  ThrThreadManager *manager = thr_thread_manager_new ();
  GThread *threads[3];
  Unreffer unreffers[3];
  ThrTestHome home;
  int n_pending = 0, n_destroys = 0;

  thr_test_home_init (&home);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      unreffers[i].queue = g_async_queue_new ();
      unreffers[i].n_pending = &n_pending;
      threads[i] = g_thread_new ("unref", unref_thread, &unreffers[i]);
    }

  for (int made = 0; made < n;)
    {
      gpointer object;

      if (made - thr_test_home_n_finalized (&home) >= window)
        {
          thr_test_poll_until (made - thr_test_home_n_finalized (&home) < window / 2);
          continue;
        }

      /* Jobs never submitted, jobs that are (and may have ended), managers
       * and backgrounds; some held by two threads. */
      if (made % 100 == 99)
        object = thr_thread_manager_new ();
      else if (made % 100 == 98)
        {
          object = thr_background_new (manager, nothing_background, &home, thr_test_home_destroy);
          n_destroys++;
        }
      else
        {
          object = thr_thread_wrapper_new (NULL, thr_test_job_return, &home, thr_test_home_destroy);
          thr_thread_wrapper_set_on_end (object, nothing_on_end, &home, thr_test_home_destroy);
          n_destroys += 2;
        }
      thr_test_home_watch (&home, object);
      if (made % 100 < 98 && made % 4 == 0)
        g_assert_true (thr_thread_manager_submit (manager, object, NULL));
      if (made % 3 == 0)
        {
          g_atomic_int_inc (&n_pending);
          g_async_queue_push (unreffers[(made + 1) % 3].queue, g_object_ref (object));
        }
      g_atomic_int_inc (&n_pending);
      g_async_queue_push (unreffers[made % 3].queue, object);
      made++;
    }

  thr_test_poll_until (thr_test_home_n_finalized (&home) == n);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_async_queue_push (unreffers[i].queue, unreffers[i].queue);
      g_thread_join (threads[i]);
      g_async_queue_unref (unreffers[i].queue);
    }
  g_assert_cmpint (n_pending, ==, 0);
  g_assert_cmpint (thr_test_home_n_disposed (&home), ==, n);
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, n_destroys);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  g_assert_finalize_object (manager);
}

/* Taken away and brought back while it goes home: it comes down once. */
static gpointer
juggle_thread (gpointer user_data)
{
  GWeakRef *weak = user_data;

  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GObject) object = g_weak_ref_get (weak);

      if (object == NULL)
        break;
    }

  return NULL;
}

static void
test_weak_refs (void)
{
  guint n = thr_test_scale (1000, 30);
  ThrTestHome home;

  thr_test_home_init (&home);
  for (guint i = 0; i < n; i++)
    {
      ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, thr_test_job_return, &home, thr_test_home_destroy);
      GThread *others[2];
      GWeakRef weak;

      thr_test_home_watch (&home, thread);
      g_weak_ref_init (&weak, thread);
      for (guint j = 0; j < G_N_ELEMENTS (others); j++)
        others[j] = g_thread_new ("juggle", juggle_thread, &weak);
      g_object_unref (thread);
      for (guint j = 0; j < G_N_ELEMENTS (others); j++)
        g_thread_join (others[j]);
      thr_test_run_until (thr_test_home_n_finalized (&home) == (int) i + 1);
      g_weak_ref_clear (&weak);
    }
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, n);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
}

/* Found again on its way: it lives on, and is heard as before. */
static void
count_notify (GObject    *object,
              GParamSpec *pspec,
              gpointer    user_data)
{
  ++*(int *) user_data;
}

static gpointer
unref_one_thread (gpointer user_data)
{
  g_object_unref (user_data);

  return NULL;
}

static void
unref_elsewhere (gpointer object)
{
  g_thread_join (g_thread_new ("unref", unref_one_thread, object));
}

static void
test_found_again (void)
{
  guint n = thr_test_scale (50, 5);

  for (guint i = 0; i < n; i++)
    {
      ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, thr_test_job_return, NULL, NULL);
      int n_heard = 0, n_any = 0, n_blocked = 0, n_gone = 0;
      gulong blocked, gone;
      ThrTestHome home;

      thr_test_home_init (&home);
      thr_test_home_watch (&home, thread);
      g_signal_connect (thread, "notify::priority", G_CALLBACK (count_notify), &n_heard);
      g_signal_connect (thread, "notify", G_CALLBACK (count_notify), &n_any);
      gone = g_signal_connect (thread, "notify::priority", G_CALLBACK (count_notify), &n_gone);
      blocked = g_signal_connect (thread, "notify::priority", G_CALLBACK (count_notify), &n_blocked);
      g_signal_handler_block (thread, blocked);

      unref_elsewhere (thread);
      g_object_ref (thread);
      g_signal_handler_disconnect (thread, gone);
      thr_test_drain ();
      g_assert_cmpint (n_any, ==, 0);
      thr_thread_wrapper_set_priority (thread, 1);
      g_assert_cmpint (n_heard, ==, 1);
      g_assert_cmpint (n_any, ==, 1);
      g_assert_cmpint (n_blocked, ==, 0);
      g_signal_handler_unblock (thread, blocked);
      thr_thread_wrapper_set_priority (thread, 2);
      g_assert_cmpint (n_heard, ==, 2);
      g_assert_cmpint (n_blocked, ==, 1);
      g_assert_cmpint (n_gone, ==, 0);

      if (i % 2 == 0)
        unref_elsewhere (thread);
      else
        g_object_unref (thread);
      thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      g_assert_cmpint (n_any, ==, 2);
    }
}

/* A job's manager may be asked for at any time, also while it goes. */
typedef struct
{
  ThrThreadWrapper *thread;
  ThrTestGate started;
  int quit;
} Asker;

static gpointer
ask_thread (gpointer user_data)
{
  Asker *asker = user_data;

  thr_test_gate_open (&asker->started);
  for (guint i = 0; i < 300 && !g_atomic_int_get (&asker->quit); i++)
    {
      g_autoptr (ThrThreadManager) manager = thr_thread_wrapper_dup_manager (asker->thread);

      if (manager == NULL)
        break;
      g_assert_cmpuint (thr_thread_manager_get_thread_limit (manager), ==, 10);
      g_assert_nonnull (thr_thread_manager_get_uid (manager));
    }

  return NULL;
}

static void
test_dup_manager (void)
{
  guint n = thr_test_scale (2000, 30);

  for (guint i = 0; i < n; i++)
    {
      Asker asker = { .quit = 0 };
      ThrThreadManager *manager = thr_thread_manager_new ();
      ThrTestHome home;
      GThread *other;

      thr_test_home_init (&home);
      thr_test_home_watch (&home, manager);
      asker.thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);
      other = g_thread_new ("ask", ask_thread, &asker);
      thr_test_gate_wait (&asker.started);
      if (i % 2 == 0)
        thr_test_run_until_closed (asker.thread);
      g_object_unref (manager);
      if (i % 4 < 2)
        g_atomic_int_set (&asker.quit, 1);
      thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
      g_thread_join (other);
      g_assert_null (thr_thread_wrapper_dup_manager (asker.thread));
      thr_test_drain ();
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      g_object_unref (asker.thread);
      thr_test_gate_clear (&asker.started);
    }
  thr_test_drain ();
}

/* What a binding does when a reference comes to its own, or goes, is as much the
 * user's code as any other: no lock of ours is held. No thread of the pool runs
 * here that could hold it. */
static void
toggle_cb (gpointer  data,
           GObject  *object,
           gboolean  is_last_ref)
{
  ThrCore *core = thr_core_of (THR_THREAD_MANAGER (object));

  g_assert_true (g_mutex_trylock (&core->queue_lock));
  g_mutex_unlock (&core->queue_lock);
  ++*(int *) data;
}

static gpointer
dup_manager_thread (gpointer user_data)
{
  g_object_unref (thr_thread_wrapper_dup_manager (user_data));

  return NULL;
}

static void
test_toggle (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  ThrThreadWrapper *thread;
  int n_toggled = 0;

  g_object_add_toggle_ref (G_OBJECT (manager), toggle_cb, &n_toggled);
  thread = thr_thread_manager_do_manual (manager, NULL);
  g_object_unref (manager);
  g_assert_cmpint (n_toggled, ==, 1);

  /* What is told at home. */
  thr_test_drain ();
  g_assert_cmpint (n_toggled, >=, 3);

  n_toggled = 0;
  g_object_unref (thr_thread_wrapper_dup_manager (thread));
  g_assert_cmpint (n_toggled, ==, 2);
  g_thread_join (g_thread_new ("dup", dup_manager_thread, thread));
  g_assert_cmpint (n_toggled, ==, 4);

  g_assert_true (thr_thread_wrapper_return_boolean (thread, TRUE, NULL));
  thr_test_drain ();
  g_assert_finalize_object (thread);
  g_object_ref (manager);
  g_object_remove_toggle_ref (G_OBJECT (manager), toggle_cb, &n_toggled);
  g_assert_finalize_object (manager);
}

/* ---- inside their own jobs ---- */

typedef struct
{
  ThrThreadManager *manager;
  ThrBackground *background;
  ThrThreadWrapper *thread;
  ThrTestGate gate;
} Own;

static gboolean
drop_own (ThrThreadWrapper *thread,
          gpointer          user_data,
          GError          **error)
{
  Own *own = user_data;

  thr_test_gate_wait (&own->gate);
  g_clear_object (&own->thread);
  g_clear_object (&own->background);
  g_clear_object (&own->manager);

  return TRUE;
}

static gboolean
drop_own_background (ThrThreadWrapper *thread,
                     const GValue     *arguments,
                     gsize             n_arguments,
                     gpointer          user_data,
                     GError          **error)
{
  return drop_own (thread, user_data, error);
}

static void
test_inside_jobs (void)
{
  guint n = thr_test_scale (500, 20);

  for (guint i = 0; i < n; i++)
    {
      Own own = { NULL };
      ThrTestHome home;
      ThrTestRecorder *recorder, *queued_recorder;
      ThrThreadWrapper *queued;

      thr_test_home_init (&home);
      own.manager = thr_thread_manager_new ();
      g_assert_true (thr_thread_manager_set_thread_limit (own.manager, 1, NULL));
      own.background = thr_background_new (own.manager, drop_own_background, &own, NULL);
      if (i % 2 == 0)
        own.thread = thr_background_call (own.background, NULL, 0);
      else
        own.thread = thr_thread_manager_do_async (own.manager, NULL, drop_own, &own, NULL);
      thr_test_home_watch (&home, own.manager);
      thr_test_home_watch (&home, own.background);
      thr_test_home_watch (&home, own.thread);
      recorder = thr_test_recorder_new (own.thread);
      thr_test_recorder_watch_callbacks (recorder, own.thread);
      queued = thr_thread_manager_do_async (own.manager, NULL, thr_test_job_return, &home, thr_test_home_destroy);
      queued_recorder = thr_test_recorder_new (queued);
      thr_test_home_watch (&home, queued);
      g_object_unref (queued);
      thr_test_gate_open (&own.gate);

      /* What was queued by then still runs. */
      thr_test_run_until (thr_test_home_n_finalized (&home) == 4);
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 1);
      g_assert_cmpstr (thr_test_recorder_get (recorder), ==,
                       "RUNNING RETURNED on_success FINISHING on_end CLOSED");
      g_assert_cmpstr (thr_test_recorder_get (queued_recorder), ==, "RUNNING RETURNED FINISHING CLOSED");
      thr_test_recorder_unref (recorder);
      thr_test_recorder_unref (queued_recorder);
      thr_test_gate_clear (&own.gate);
    }
}

/* ---- what belongs to whom ---- */

typedef struct
{
  ThrThreadManager *manager;
  ThrTestHome home;
  ThrTestHome made;
  GMainContext *context;
} Family;

static void
family_on_end (ThrThreadWrapper *thread,
               gpointer          user_data)
{
  Family *family = user_data;

  g_assert_true (g_thread_self () == family->home.thread);
  g_assert_true (g_main_context_is_owner (family->context));
}

/* Runs on a pool thread: what it makes belongs to the owner of the job. */
static gboolean
family_func (ThrThreadWrapper *thread,
             gpointer          user_data,
             GError          **error)
{
  Family *family = user_data;
  ThrThreadWrapper *child = thr_thread_wrapper_new (NULL, thr_test_job_return, &family->made, thr_test_home_destroy);
  ThrThreadManager *manager = thr_thread_manager_new ();
  gboolean submitted;

  g_assert_true (thr_thread_wrapper_get_current () == thread);
  thr_test_home_watch (&family->made, child);
  thr_test_home_watch (&family->made, manager);
  thr_thread_wrapper_set_on_end (child, family_on_end, family, NULL);
  submitted = thr_thread_manager_submit (manager, child, error);
  g_assert_true (submitted);
  g_object_unref (child);
  g_object_unref (manager);

  return TRUE;
}

static void
run_family (Family *family)
{
  ThrThreadWrapper *thread;
  g_autoptr (ThrTestRecorder) recorder = NULL;

  thr_test_home_init (&family->home);
  thr_test_home_init (&family->made);
  family->context = g_main_context_ref_thread_default ();
  thread = thr_thread_manager_do_async (family->manager, NULL, family_func, family, NULL);
  recorder = thr_test_recorder_new (thread);
  thr_test_recorder_watch_callbacks (recorder, thread);
  thr_thread_wrapper_set_on_end (thread, family_on_end, family, NULL);
  thr_test_home_watch (&family->home, thread);
  thr_test_run_until (thr_test_recorder_is_closed (recorder));
  g_assert_finalize_object (thread);
  thr_test_run_until (thr_test_home_n_finalized (&family->made) == 2);
  g_assert_cmpint (thr_test_home_n_destroyed (&family->made), ==, 1);
  g_assert_cmpint (thr_test_home_n_away (&family->made), ==, 0);
  thr_test_drain ();
  g_main_context_unref (family->context);
}

static gpointer
family_thread (gpointer user_data)
{
  Family family = { user_data };
  GMainContext *context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  run_family (&family);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);

  return NULL;
}

static void
test_owners (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();

  for (guint i = 0; i < 50; i++)
    {
      Family family = { manager };
      GThread *others[2];

      for (guint j = 0; j < G_N_ELEMENTS (others); j++)
        others[j] = g_thread_new ("family", family_thread, manager);
      run_family (&family);
      for (guint j = 0; j < G_N_ELEMENTS (others); j++)
        g_thread_join (others[j]);
    }

  g_assert_finalize_object (manager);
}

/* ---- nobody at home ---- */

static gboolean
open_gate (ThrThreadWrapper *thread,
           gpointer          user_data,
           GError          **error)
{
  thr_test_gate_open (user_data);

  return thr_thread_wrapper_return_string (thread, "a result", error);
}

static void
must_not_end (ThrThreadWrapper *thread,
              gpointer          user_data)
{
  int *called = user_data;

  g_atomic_int_inc (called);
}

/* Its context is not iterated for a long time: jobs run all the same, nothing
 * is called, and whatever is dropped waits until somebody comes home. */
static void
test_not_iterated (void)
{
  GMainContext *context = g_main_context_new ();
  ThrThreadManager *manager;
  ThrTestHome home;
  int n_ended = 0;

  thr_test_home_init (&home);
  g_main_context_push_thread_default (context);
  manager = thr_thread_manager_new ();
  thr_test_home_watch (&home, manager);
  g_assert_true (thr_thread_manager_set_thread_limit (manager, 1, NULL));
  for (guint i = 0; i < 10; i++)
    {
      ThrTestGate gate = THR_TEST_GATE_INIT;
      ThrThreadWrapper *thread = thr_thread_wrapper_new (NULL, open_gate, &gate, NULL);

      thr_thread_wrapper_set_on_end (thread, must_not_end, &n_ended, NULL);
      thr_test_home_watch (&home, thread);
      g_assert_true (thr_thread_manager_submit (manager, thread, NULL));
      thr_test_gate_wait (&gate);
      thr_test_block_until (thr_thread_wrapper_get_execution_state (thread) == THR_EXECUTION_STATE_RETURNED);
      g_object_unref (thread);
      thr_test_gate_clear (&gate);
    }
  g_object_unref (manager);
  g_main_context_pop_thread_default (context);

  thr_test_drain ();
  g_assert_cmpint (n_ended, ==, 0);
  g_assert_cmpint (thr_test_home_n_finalized (&home), <=, 1); /* the manager at most */

  g_main_context_push_thread_default (context);
  thr_test_run_until (thr_test_home_n_finalized (&home) == 11);
  g_assert_cmpint (n_ended, ==, 10);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  thr_test_drain ();
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

/* The maker lets its context go while its job runs: the job holds it, until
 * somebody iterates it and the job is CLOSED. */
static void
test_context_unreffed (void)
{
  for (guint i = 0; i < 20; i++)
    {
      ThrTestGate gate = THR_TEST_GATE_INIT;
      GMainContext *context = g_main_context_new ();
      ThrThreadManager *manager;
      ThrThreadWrapper *thread;
      ThrTestHome home;
      int n_ended = 0;

      thr_test_home_init (&home);
      g_main_context_push_thread_default (context);
      manager = thr_thread_manager_new ();
      thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_gate, &gate, NULL);
      thr_thread_wrapper_set_on_end (thread, must_not_end, &n_ended, NULL);
      thr_test_home_watch (&home, thread);
      thr_test_home_watch (&home, manager);
      g_object_unref (manager);
      g_object_unref (thread);
      g_main_context_pop_thread_default (context);
      g_main_context_unref (context);

      thr_test_drain ();
      thr_test_gate_open (&gate);
      thr_test_drain ();
      g_assert_cmpint (n_ended, ==, 0);

      /* The pointer is still good: the outstanding job holds the context. */
      g_main_context_ref (context);
      g_main_context_push_thread_default (context);
      thr_test_run_until (thr_test_home_n_finalized (&home) == 2);
      g_assert_cmpint (n_ended, ==, 1);
      g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
      thr_test_drain ();
      g_main_context_pop_thread_default (context);
      g_main_context_unref (context);
      thr_test_gate_clear (&gate);
    }
}

/* A context that once had jobs comes down like any other, at once. */
static gboolean
nothing_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_context_freed (void)
{
  for (guint i = 0; i < 50; i++)
    {
      GMainContext *context = g_main_context_new ();
      ThrThreadManager *manager;
      GSource *source;
      ThrTestHome home;

      thr_test_home_init (&home);
      g_main_context_push_thread_default (context);
      manager = thr_thread_manager_new ();
      for (guint j = 0; j < 20; j++)
        {
          ThrThreadWrapper *thread = thr_thread_manager_do_async (manager, NULL, thr_test_job_return, NULL, NULL);

          thr_test_run_until_closed (thread);
          g_assert_finalize_object (thread);
        }
      g_assert_finalize_object (manager);
      thr_test_drain ();

      /* Freed with the context, once no job and no object needs it. */
      source = g_idle_source_new ();
      g_source_set_callback (source, nothing_cb, &home, thr_test_home_destroy);
      g_source_attach (source, context);
      g_source_unref (source);
      g_main_context_pop_thread_default (context);
      g_main_context_unref (context);
      g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 1);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/home/last-unrefs", test_last_unrefs);
  g_test_add_func ("/home/weak-refs", test_weak_refs);
  g_test_add_func ("/home/found-again", test_found_again);
  g_test_add_func ("/home/dup-manager", test_dup_manager);
  g_test_add_func ("/home/toggle", test_toggle);
  g_test_add_func ("/home/inside-jobs", test_inside_jobs);
  g_test_add_func ("/home/owners", test_owners);
  g_test_add_func ("/home/not-iterated", test_not_iterated);
  g_test_add_func ("/home/context-unreffed", test_context_unreffed);
  g_test_add_func ("/home/context-freed", test_context_freed);

  return g_test_run ();
}
