/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thr-test.h"

/* ThrChannel as workers hear it; functions are in test-subscription.c. */

static void
pub (ThrChannel *channel,
     const char *name,
     int         number)
{
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, number);
  g_assert_true (thr_channel_pub (channel, name, &value, &error));
  g_assert_no_error (error);
}

static void
sub (ThrChannel *channel,
     ThrWorker  *worker)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_channel_sub (channel, worker, &error));
  g_assert_no_error (error);
}

/* A worker that waits for ever, and adds up what it hears. */
typedef struct
{
  ThrWorker *worker;
  ThrTestGate gate; /* opens at DONE */
  GString *words;   /* the worker's thread's, until it has ended */
} Hearer;

static gboolean
hear (ThrWorker *worker,
      ThrEvent  *event,
      gpointer   user_data,
      GError   **error)
{
  Hearer *self = user_data;
  const GValue *value = thr_event_get_value (event);

  g_assert_true (worker == self->worker && worker == thr_worker_current ());
  g_string_append_printf (self->words, "%s%s %d", self->words->len > 0 ? ", " : "",
                          thr_event_get_name (event), value != NULL ? g_value_get_int (value) : -1);
  if (g_str_equal (thr_event_get_name (event), "DONE"))
    thr_test_gate_open (&self->gate);
  return TRUE;
}

static void
hearer_start (Hearer *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (thr_worker_start (self->worker, &error));
  g_assert_no_error (error);
}

static void
hearer_init (Hearer *self)
{
  *self = (Hearer) { .words = g_string_new (NULL) };
  self->worker = thr_worker_new ("hearer", NULL, NULL, NULL);
  thr_worker_listen (self->worker, "NEWS", hear, self, NULL);
  thr_worker_listen (self->worker, "DONE", hear, self, NULL);
}

static void
hearer_stop (Hearer *self)
{
  thr_worker_stop (self->worker);
  g_assert_true (thr_worker_join (self->worker, thr_test_deadline (), NULL));
}

static void
hearer_clear (Hearer *self)
{
  hearer_stop (self);
  thr_test_finalize_soon (self->worker);
  thr_test_gate_clear (&self->gate);
  g_string_free (self->words, TRUE);
}

static void
test_ten_workers (void)
{
  ThrChannel *channel = thr_channel_new ();
  Hearer hearers[10];

  for (guint i = 0; i < G_N_ELEMENTS (hearers); i++)
    {
      hearer_init (&hearers[i]);
      sub (channel, hearers[i].worker);
      hearer_start (&hearers[i]);
    }
  g_assert_cmpuint (thr_channel_get_n_subscribers (channel), ==, 10);
  for (int i = 0; i < 5; i++)
    pub (channel, "NEWS", i);
  for (guint i = 0; i < G_N_ELEMENTS (hearers); i++)
    hearer_stop (&hearers[i]);
  for (guint i = 0; i < G_N_ELEMENTS (hearers); i++)
    {
      g_assert_cmpstr (hearers[i].words->str, ==, "NEWS 0, NEWS 1, NEWS 2, NEWS 3, NEWS 4");
      hearer_clear (&hearers[i]);
    }
  /* They are members as long as they live, and not a moment longer. */
  g_assert_cmpuint (thr_channel_get_n_subscribers (channel), ==, 0);
  pub (channel, "NEWS", 5);
  g_assert_finalize_object (channel);
}

static void
test_twice (void)
{
  ThrChannel *channel = thr_channel_new ();
  Hearer hearer;

  hearer_init (&hearer);
  hearer_start (&hearer);
  sub (channel, hearer.worker);
  sub (channel, hearer.worker);
  g_assert_cmpuint (thr_channel_get_n_subscribers (channel), ==, 1);
  pub (channel, "NEWS", 1);
  g_assert_true (thr_channel_unsub (channel, hearer.worker));
  g_assert_false (thr_channel_unsub (channel, hearer.worker));
  pub (channel, "NEWS", 2);
  sub (channel, hearer.worker);
  pub (channel, "DONE", 3);
  thr_test_gate_wait (&hearer.gate);
  hearer_stop (&hearer);
  g_assert_cmpstr (hearer.words->str, ==, "NEWS 1, DONE 3");
  hearer_clear (&hearer);
  g_assert_finalize_object (channel);
}

/* ---- the current worker ---- */

static gboolean
sub_myself (ThrWorker *worker,
            gpointer   user_data,
            GError   **error)
{
  g_autoptr (ThrEvent) event = NULL;

  sub (user_data, NULL);
  g_assert_cmpuint (thr_channel_get_n_subscribers (user_data), ==, 1);
  pub (user_data, "NEWS", 1);
  event = thr_worker_wait_event (worker, "NEWS", thr_test_deadline (), NULL, error);
  g_assert_nonnull (event);
  g_assert_true (thr_event_get_target (event) == worker);
  g_assert_true (thr_channel_unsub (user_data, NULL));
  g_assert_false (thr_channel_unsub (user_data, NULL));
  return TRUE;
}

static void
test_current (void)
{
  ThrChannel *channel = thr_channel_new ();
  ThrWorker *worker = thr_worker_new (NULL, sub_myself, channel, NULL);

  g_assert_true (thr_worker_start (worker, NULL));
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  thr_test_finalize_soon (worker);
  g_assert_finalize_object (channel);
}

static gpointer
sub_nobody (gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (thr_channel_sub (data, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_STATE);
  g_assert_false (thr_channel_unsub (data, NULL));
  pub (data, "NEWS", 4);
  return NULL;
}

static gboolean
count_cb (ThrWorker *worker,
          ThrEvent  *event,
          gpointer   user_data,
          GError   **error)
{
  int *n = user_data;

  g_assert_true (thr_worker_is_main ());
  *n += g_value_get_int (thr_event_get_value (event));
  return TRUE;
}

static void
test_main (void)
{
  ThrChannel *channel = thr_channel_new ();
  g_autoptr (ThrListener) listener = NULL;
  int sum = 0;

  listener = thr_worker_listen_full (thr_worker_main (), "NEWS", 0, THR_LISTENER_TEMPORARY, NULL,
                                     count_cb, &sum, NULL);
  sub (channel, NULL);
  g_thread_join (g_thread_new ("nobody", sub_nobody, channel));
  g_assert_cmpint (sum, ==, 0);
  thr_test_run_until (sum == 4);
  g_assert_true (thr_channel_unsub (channel, NULL));
  g_assert_true (thr_worker_unlisten (thr_worker_main (), listener));
  g_assert_finalize_object (channel);
}

/* ---- from a listener ---- */

static gboolean
pass_on (ThrWorker *worker,
         ThrEvent  *event,
         gpointer   user_data,
         GError   **error)
{
  int number = g_value_get_int (thr_event_get_value (event));

  /* Heard by itself as well: until 5. */
  if (number < 5)
    pub (user_data, "NEWS", number + 1);
  else
    pub (user_data, "DONE", number);
  return TRUE;
}

static void
test_from_listener (void)
{
  ThrChannel *channel = thr_channel_new ();
  ThrWorker *relay = thr_worker_new ("relay", NULL, NULL, NULL);
  Hearer hearer;

  hearer_init (&hearer);
  hearer_start (&hearer);
  sub (channel, hearer.worker);
  thr_worker_listen (relay, "NEWS", pass_on, channel, NULL);
  g_assert_true (thr_worker_start (relay, NULL));
  sub (channel, relay);

  pub (channel, "NEWS", 1);
  thr_test_gate_wait (&hearer.gate);
  thr_worker_stop (relay);
  g_assert_true (thr_worker_join (relay, thr_test_deadline (), NULL));
  hearer_stop (&hearer);
  g_assert_cmpstr (hearer.words->str, ==, "NEWS 1, NEWS 2, NEWS 3, NEWS 4, NEWS 5, DONE 5");
  thr_test_finalize_soon (relay);
  hearer_clear (&hearer);
  g_assert_finalize_object (channel);
}

/* ---- workers that do not run ---- */

static gboolean
rejected_cb (ThrWorker *worker,
             ThrEvent  *event,
             gpointer   user_data,
             GError   **error)
{
  ThrEvent *rejected = g_value_get_boxed (thr_event_get_value (event));

  g_assert_cmpstr (thr_event_get_name (rejected), ==, "NEWS");
  *(gboolean *) user_data = TRUE;
  return TRUE;
}

static void
test_not_running (void)
{
  ThrChannel *channel = thr_channel_new ();
  g_autoptr (ThrListener) listener = NULL;
  gboolean rejected = FALSE;
  Hearer hearer;

  hearer_init (&hearer);
  sub (channel, hearer.worker);
  listener = thr_worker_listen_full (thr_worker_main (), THR_EVENT_EVENT_REJECT, 0,
                                     THR_LISTENER_TEMPORARY, hearer.worker, rejected_cb, &rejected,
                                     NULL);
  pub (channel, "NEWS", 1);
  thr_test_run_until (rejected);

  /* Still a member, also of its second life. */
  hearer_start (&hearer);
  hearer_stop (&hearer);
  hearer_start (&hearer);
  pub (channel, "NEWS", 2);
  hearer_stop (&hearer);
  g_assert_cmpstr (hearer.words->str, ==, "NEWS 2");
  g_assert_true (thr_worker_unlisten (thr_worker_main (), listener));
  hearer_clear (&hearer);
  g_assert_finalize_object (channel);
}

/* ---- bad input ---- */

static void
test_misuse (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ThrEvent) event = thr_event_new ("NEWS", NULL);
  ThrChannel *channel = thr_channel_new ();

  g_assert_false (thr_channel_pub (channel, NULL, NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (thr_channel_pub (channel, "", NULL, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (thr_channel_pub_event (channel, event, -1, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_INVALID_ARGUMENT);
  g_assert_finalize_object (channel);
}

/* ---- members that go ---- */

typedef struct
{
  ThrChannel *channels[2];
  int running; /* atomic */
} Publisher;

static gpointer
publish_thread (gpointer data)
{
  Publisher *self = data;

  for (int n = 0; g_atomic_int_get (&self->running); n++)
    pub (self->channels[n % 2], "NEWS", n);
  return NULL;
}

/* Workers come, and are dropped here and elsewhere, while others publish. */
static void
test_members_go (void)
{
  Publisher publisher = { { thr_channel_new (), thr_channel_new () }, TRUE };
  GThread *threads[2];
  int n_gone = 0;
  guint n = thr_test_scale (400, 20);

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("publisher", publish_thread, &publisher);
  for (guint i = 0; i < n; i++)
    {
      ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);

      g_object_set_data_full (G_OBJECT (worker), "gone", &n_gone, (GDestroyNotify) g_atomic_int_inc);
      sub (publisher.channels[0], worker);
      sub (publisher.channels[1], worker);
      if (i % 3 == 0)
        g_assert_true (thr_worker_start (worker, NULL));
      if (i % 2 == 0)
        thr_channel_unsub (publisher.channels[i % 4 == 0], worker);
      if (i % 3 == 0)
        {
          thr_worker_stop (worker);
          g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
        }
      g_object_unref (worker);
    }
  g_atomic_int_set (&publisher.running, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  thr_test_poll_until (g_atomic_int_get (&n_gone) == (int) n);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpuint (thr_channel_get_n_subscribers (publisher.channels[i]), ==, 0);
      g_assert_finalize_object (publisher.channels[i]);
    }
}

/* A binding's toggle notify waits for its interpreter, which another thread may
 * hold that drops a worker. Here it drops one itself. */
static void
toggled_cb (gpointer  data,
            GObject  *worker,
            gboolean  is_last)
{
  if (!is_last)
    g_clear_object ((ThrWorker **) data);
}

static void
test_toggle (void)
{
  ThrChannel *channel = thr_channel_new ();
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);
  ThrWorker *others[2];

  /* One that is told before it, and one that is told after it. */
  for (guint i = 0; i < 2; i++)
    others[i] = thr_worker_new (NULL, NULL, NULL, NULL);
  sub (channel, others[0]);
  sub (channel, worker);
  sub (channel, others[1]);
  g_object_add_toggle_ref (G_OBJECT (worker), toggled_cb, &others[1]);
  g_object_unref (worker);
  pub (channel, "NEWS", 1);
  g_assert_null (others[1]);
  g_assert_cmpuint (thr_channel_get_n_subscribers (channel), ==, 2);

  g_object_ref (worker);
  g_object_remove_toggle_ref (G_OBJECT (worker), toggled_cb, &others[1]);
  thr_test_finalize_soon (worker);
  thr_test_finalize_soon (others[0]);
  g_assert_finalize_object (channel);
}

/* The channel goes first. */
static void
test_channel_goes (void)
{
  ThrChannel *channel;
  Hearer hearer;

  hearer_init (&hearer);
  hearer_start (&hearer);
  for (int i = 0; i < 3; i++)
    {
      channel = thr_channel_new ();
      sub (channel, hearer.worker);
      pub (channel, i < 2 ? "NEWS" : "DONE", i);
      g_assert_finalize_object (channel);
    }
  thr_test_gate_wait (&hearer.gate);
  hearer_stop (&hearer);
  g_assert_cmpstr (hearer.words->str, ==, "NEWS 0, NEWS 1, DONE 2");
  hearer_clear (&hearer);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/channel/ten-workers", test_ten_workers);
  g_test_add_func ("/channel/twice", test_twice);
  g_test_add_func ("/channel/current", test_current);
  g_test_add_func ("/channel/main", test_main);
  g_test_add_func ("/channel/from-listener", test_from_listener);
  g_test_add_func ("/channel/not-running", test_not_running);
  g_test_add_func ("/channel/misuse", test_misuse);
  g_test_add_func ("/channel/members-go", test_members_go);
  g_test_add_func ("/channel/toggle", test_toggle);
  g_test_add_func ("/channel/channel-goes", test_channel_goes);

  return g_test_run ();
}
