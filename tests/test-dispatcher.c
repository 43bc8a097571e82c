/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The private dispatcher: one inbox a main context. */

#include "config.h"

#include "base/thr-dispatcher-private.h"
#include "thr-test.h"

#include <string.h>

typedef struct
{
  ThrNode node;
  GString *log; /* NULL: counts only */
  int *n_delivered;
  GThread *home;
  gint64 takes; /* µs that its delivery lasts */
  GMainLoop *runs;
  GMainLoop *quits;
  char name;
} Parcel;

static void
parcel_deliver (ThrNode *node)
{
  Parcel *self = (Parcel *) node;
  gint64 until = g_get_monotonic_time () + self->takes;

  g_assert_true (g_thread_self () == self->home);
  if (self->log != NULL)
    g_string_append_c (self->log, self->name);
  if (self->n_delivered != NULL)
    ++*self->n_delivered;
  while (g_get_monotonic_time () < until)
    ;
  if (self->runs != NULL)
    g_main_loop_run (self->runs);
  if (self->log != NULL && self->runs != NULL)
    g_string_append_c (self->log, (char) g_ascii_tolower (self->name));
  if (self->quits != NULL)
    g_main_loop_quit (self->quits);
}

static void
push (ThrDispatcher *dispatcher,
      Parcel        *parcel)
{
  parcel->node.deliver = parcel_deliver;
  parcel->home = g_thread_self ();
  thr_dispatcher_push (dispatcher, &parcel->node);
}

/* One for each context, found again as long as somebody holds it, and gone
 * (and its source with it) when nobody does. */
static void
test_life (void)
{
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *a, *b, *of_default;

  a = thr_dispatcher_for_context (context);
  b = thr_dispatcher_for_context (context);
  g_assert_true (a == b);
  g_assert_true (thr_dispatcher_get_context (a) == context);
  thr_dispatcher_unref (b);

  g_main_context_push_thread_default (context);
  b = thr_dispatcher_for_maker ();
  g_assert_true (a == b);
  g_assert_true (thr_dispatcher_is_home (a));
  g_main_context_pop_thread_default (context);
  thr_dispatcher_unref (b);

  of_default = thr_dispatcher_for_maker ();
  g_assert_true (of_default != a);
  g_assert_true (thr_dispatcher_get_context (of_default) == g_main_context_default ());
  thr_dispatcher_unref (of_default);

  thr_dispatcher_unref (a);
  g_assert_false (g_main_context_pending (context));
  g_main_context_unref (context);
}

/* In the order of the pushes; one iteration delivers all that is there, unless that
 * takes too long. */
static void
test_order (void)
{
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *dispatcher = thr_dispatcher_for_context (context);
  g_autoptr (GString) log = g_string_new (NULL);
  Parcel parcels[26] = { 0 };
  gint64 begun;

  for (int i = 0; i < 26; i++)
    {
      parcels[i].log = log;
      parcels[i].name = (char) ('A' + i);
      push (dispatcher, &parcels[i]);
    }
  begun = g_get_monotonic_time ();
  g_assert_true (g_main_context_iteration (context, FALSE));
  while (log->len < 26 && g_get_monotonic_time () - begun >= THR_DISPATCH_BUDGET)
    g_assert_true (g_main_context_iteration (context, FALSE));
  g_assert_cmpstr (log->str, ==, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  g_assert_false (g_main_context_iteration (context, FALSE));

  thr_dispatcher_unref (dispatcher);
  g_main_context_unref (context);
}

/* What takes long does not keep other sources waiting. */
static void
test_budget (void)
{
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *dispatcher = thr_dispatcher_for_context (context);
  Parcel parcels[20] = { 0 };
  int n_delivered = 0, n_iterations = 0;

  for (int i = 0; i < 20; i++)
    {
      parcels[i].takes = THR_DISPATCH_BUDGET / 2 + 1;
      parcels[i].n_delivered = &n_delivered;
      push (dispatcher, &parcels[i]);
    }
  while (n_delivered < 20)
    {
      int before = n_delivered;

      g_assert_true (g_main_context_iteration (context, FALSE));
      g_assert_cmpint (n_delivered - before, >=, 1);
      g_assert_cmpint (n_delivered - before, <=, 2);
      n_iterations++;
    }
  g_assert_cmpint (n_iterations, >=, 10);
  g_assert_false (g_main_context_pending (context));

  thr_dispatcher_unref (dispatcher);
  g_main_context_unref (context);
}

static gboolean
redraw_cb (gpointer user_data)
{
  ++*(int *) user_data;
  return G_SOURCE_CONTINUE;
}

/* A flood that never ends takes turns with what redraws; at ease again, it
 * comes first. */
static void
test_flood (void)
{
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *dispatcher = thr_dispatcher_for_context (context);
  GSource *redraw = g_idle_source_new ();
  Parcel parcels[64] = { 0 };
  int n_delivered = 0, n_drawn = 0;

  g_source_set_priority (redraw, G_PRIORITY_HIGH_IDLE + 20);
  g_source_set_callback (redraw, redraw_cb, &n_drawn, NULL);
  g_source_attach (redraw, context);

  for (int i = 0; i < 64; i++)
    {
      parcels[i].takes = THR_DISPATCH_BUDGET / 4;
      parcels[i].n_delivered = &n_delivered;
      push (dispatcher, &parcels[i]);
    }
  while (n_delivered < 64)
    g_main_context_iteration (context, FALSE);
  /* All but the first one or two dispatches gave way. */
  g_assert_cmpint (n_drawn, >=, 10);

  n_drawn = 0;
  parcels[0].takes = 0;
  push (dispatcher, &parcels[0]);
  g_main_context_iteration (context, FALSE);
  g_assert_cmpint (n_delivered, ==, 65);
  g_assert_cmpint (n_drawn, ==, 0);

  g_source_destroy (redraw);
  g_source_unref (redraw);
  thr_dispatcher_unref (dispatcher);
  g_main_context_unref (context);
}

/* A main loop inside a delivery goes on with the rest of the batch. */
static void
test_nested (void)
{
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *dispatcher = thr_dispatcher_for_context (context);
  g_autoptr (GString) log = g_string_new (NULL);
  GMainLoop *loops[3];
  Parcel parcels[7] = { 0 };

  for (int i = 0; i < 3; i++)
    loops[i] = g_main_loop_new (context, FALSE);
  for (int i = 0; i < 7; i++)
    {
      parcels[i].log = log;
      parcels[i].name = (char) ('A' + i);
      if (i < 3)
        parcels[i].runs = loops[i];
      else if (i < 6)
        parcels[i].quits = loops[5 - i];
      push (dispatcher, &parcels[i]);
    }
  while (log->len < 10)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (log->str[0], ==, 'A');
  g_assert_true (g_str_has_prefix (log->str, "ABCD"));
  g_assert_nonnull (strstr (log->str, "c"));
  g_assert_true (strchr (log->str, 'c') < strchr (log->str, 'b'));
  g_assert_true (strchr (log->str, 'b') < strchr (log->str, 'a'));
  g_assert_nonnull (strchr (log->str, 'G'));

  for (int i = 0; i < 3; i++)
    g_main_loop_unref (loops[i]);
  thr_dispatcher_unref (dispatcher);
  g_main_context_unref (context);
}

typedef struct
{
  ThrDispatcher *dispatcher;
  Parcel *parcels;
  guint n_parcels;
} Sender;

static gpointer
send_thread (gpointer user_data)
{
  Sender *self = user_data;

  for (guint i = 0; i < self->n_parcels; i++)
    thr_dispatcher_push (self->dispatcher, &self->parcels[i].node);
  return NULL;
}

/* Nothing is lost, from many threads, while the owner sleeps and wakes. */
static void
test_threads (void)
{
  guint n_parcels = thr_test_scale (100000, 5000);
  ThrDispatcher *dispatcher = thr_dispatcher_for_maker ();
  GThread *threads[4];
  Sender senders[G_N_ELEMENTS (threads)];
  int n_delivered = 0;

  for (int i = 0; i < (int) G_N_ELEMENTS (threads); i++)
    {
      senders[i] = (Sender) { dispatcher, g_new0 (Parcel, n_parcels), n_parcels };
      for (guint j = 0; j < n_parcels; j++)
        {
          senders[i].parcels[j].node.deliver = parcel_deliver;
          senders[i].parcels[j].home = g_thread_self ();
          senders[i].parcels[j].n_delivered = &n_delivered;
        }
    }
  for (int i = 0; i < (int) G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("sender", send_thread, &senders[i]);
  thr_test_run_until (n_delivered == (int) (G_N_ELEMENTS (threads) * n_parcels));
  for (int i = 0; i < (int) G_N_ELEMENTS (threads); i++)
    {
      g_thread_join (threads[i]);
      g_free (senders[i].parcels);
    }
  thr_dispatcher_unref (dispatcher);
}

/* Without a main loop: entered, delivered, slept, poked. */
static void
test_sleep (void)
{
  ThrDispatcher *dispatcher = thr_dispatcher_for_maker ();
  Parcel parcel = { 0 };
  Sender sender = { dispatcher, &parcel, 1 };
  int n_delivered = 0;
  gint64 before;
  GThread *thread;

  parcel.node.deliver = parcel_deliver;
  parcel.home = g_thread_self ();
  parcel.n_delivered = &n_delivered;

  g_assert_true (thr_dispatcher_enter (dispatcher));
  thread = g_thread_new ("sender", send_thread, &sender);
  while (n_delivered == 0)
    {
      thr_dispatcher_deliver (dispatcher);
      if (n_delivered == 0)
        thr_dispatcher_sleep (dispatcher, -1);
    }
  g_thread_join (thread);

  before = g_get_monotonic_time ();
  thr_dispatcher_sleep (dispatcher, before + 20000);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, 20000);

  /* A poke that came before ends the next sleep at once. */
  thr_dispatcher_poke (dispatcher);
  thr_dispatcher_sleep (dispatcher, -1);
  thr_dispatcher_leave (dispatcher);
  thr_dispatcher_unref (dispatcher);
}

static int n_ticks;

static void
count_tick (ThrTick *tick)
{
  n_ticks++;
}

static void
count_call (gpointer data)
{
  ++*(int *) data;
}

/* A tick comes once, about 60 times a second at the most, and one that was
 * taken back does not come. */
static void
test_ticks (void)
{
  ThrDispatcher *dispatcher = thr_dispatcher_for_maker ();
  ThrTick ticks[3] = { 0 };
  gint64 before;

  before = g_get_monotonic_time ();
  for (int i = 0; i < 3; i++)
    {
      thr_dispatcher_tick (dispatcher, &ticks[i], count_tick);
      thr_dispatcher_tick (dispatcher, &ticks[i], count_tick);
    }
  thr_dispatcher_untick (dispatcher, &ticks[1]);
  thr_dispatcher_untick (dispatcher, &ticks[1]);
  thr_test_run_until (n_ticks == 2);
  g_assert_cmpint (g_get_monotonic_time () - before, >=, THR_TICK_INTERVAL);

  thr_dispatcher_tick (dispatcher, &ticks[1], count_tick);
  thr_test_run_until (n_ticks == 3);
  g_assert_false (ticks[0].waiting || ticks[1].waiting || ticks[2].waiting);

  thr_dispatcher_unref (dispatcher);
}

/* A closed one hands over what it has and what still comes. */
static void
test_close (void)
{
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *dispatcher = thr_dispatcher_for_context (context);
  ThrDispatcher *heir = thr_dispatcher_for_maker ();
  g_autoptr (GString) log = g_string_new (NULL);
  Parcel parcels[3] = { 0 };
  int n_invoked = 0;

  for (int i = 0; i < 3; i++)
    {
      parcels[i].log = log;
      parcels[i].name = (char) ('A' + i);
    }
  push (dispatcher, &parcels[0]);
  push (dispatcher, &parcels[1]);
  thr_dispatcher_close (dispatcher, heir);
  g_assert_true (thr_dispatcher_is_closed (dispatcher));
  g_assert_true (thr_dispatcher_get_context (dispatcher) == g_main_context_default ());
  push (dispatcher, &parcels[2]);
  thr_dispatcher_invoke (dispatcher, count_call, &n_invoked);

  g_assert_false (g_main_context_pending (context));
  thr_test_run_until (n_invoked == 1);
  g_assert_cmpstr (log->str, ==, "ABC");

  thr_dispatcher_unref (dispatcher);
  thr_dispatcher_unref (heir);
  g_main_context_unref (context);
}

/* What a thread pushes in order comes in order, also where the dispatcher is closed
 * between the one and the next. */
#define N_PUSHERS 3
#define N_PUSHED 40

typedef struct
{
  ThrNode node;
  int number;
  int *last;
} Numbered;

typedef struct
{
  ThrDispatcher *dispatcher;
  int *n_pushed;
  Numbered parcels[N_PUSHED];
  int last;
} Pusher;

static void
numbered_deliver (ThrNode *node)
{
  Numbered *self = (Numbered *) node;

  g_assert_cmpint (self->number, ==, *self->last + 1);
  ++*self->last;
}

static gpointer
pusher_thread (gpointer data)
{
  Pusher *self = data;

  for (int i = 0; i < N_PUSHED; i++)
    {
      self->parcels[i].node.deliver = numbered_deliver;
      self->parcels[i].number = i + 1;
      self->parcels[i].last = &self->last;
      thr_dispatcher_push (self->dispatcher, &self->parcels[i].node);
      g_atomic_int_inc (self->n_pushed);
    }

  return NULL;
}

static void
test_close_in_order (void)
{
  ThrDispatcher *heir = thr_dispatcher_for_maker ();

  for (guint round = 0; round < thr_test_scale (500, 20); round++)
    {
      GMainContext *context = g_main_context_new ();
      ThrDispatcher *dispatcher = thr_dispatcher_for_context (context);
      GThread *threads[N_PUSHERS];
      Pusher pushers[N_PUSHERS];
      int n_pushed = 0;

      for (int i = 0; i < N_PUSHERS; i++)
        {
          pushers[i].dispatcher = dispatcher;
          pushers[i].n_pushed = &n_pushed;
          pushers[i].last = 0;
          threads[i] = g_thread_new ("pusher", pusher_thread, &pushers[i]);
        }
      while (g_atomic_int_get (&n_pushed) < (int) round % (N_PUSHERS * N_PUSHED))
        g_main_context_iteration (context, FALSE);
      thr_dispatcher_close (dispatcher, heir);

      for (int i = 0; i < N_PUSHERS; i++)
        thr_test_poll_until (pushers[i].last == N_PUSHED);
      for (int i = 0; i < N_PUSHERS; i++)
        g_thread_join (threads[i]);
      thr_dispatcher_unref (dispatcher);
      g_main_context_unref (context);
    }
  thr_dispatcher_unref (heir);
}

/* What the heir delivers has a tick of the one that closes. */
typedef struct
{
  ThrNode node;
  ThrTick tick;
  ThrDispatcher *dispatcher;
  int *n_delivered;
} Ticking;

typedef struct
{
  ThrDispatcher *heir;
  int n_delivered;
} Closer;

static void
ticking_deliver (ThrNode *node)
{
  Ticking *self = (Ticking *) node;

  thr_dispatcher_untick (self->dispatcher, &self->tick);
  thr_dispatcher_unref (self->dispatcher);
  ++*self->n_delivered;
  g_free (self);
}

static gpointer
closer_thread (gpointer data)
{
  Closer *self = data;
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *dispatcher = thr_dispatcher_for_context (context);

  g_assert_true (g_main_context_acquire (context));
  for (int i = 0; i < N_PUSHED; i++)
    {
      Ticking *ticking = g_new0 (Ticking, 1);

      ticking->node.deliver = ticking_deliver;
      ticking->dispatcher = thr_dispatcher_ref (dispatcher);
      ticking->n_delivered = &self->n_delivered;
      thr_dispatcher_tick (dispatcher, &ticking->tick, count_tick);
      thr_dispatcher_push (dispatcher, &ticking->node);
    }
  thr_dispatcher_close (dispatcher, self->heir);
  g_main_context_release (context);
  thr_dispatcher_unref (dispatcher);
  g_main_context_unref (context);

  return NULL;
}

static void
test_close_with_ticks (void)
{
  ThrDispatcher *heir = thr_dispatcher_for_maker ();

  for (guint n = thr_test_scale (300, 30); n > 0; n--)
    {
      Closer self = { heir, 0 };
      GThread *closer = g_thread_new ("closer", closer_thread, &self);

      thr_test_poll_until (self.n_delivered == N_PUSHED);
      g_thread_join (closer);
    }

  thr_dispatcher_unref (heir);
}

static void
never_called (ThrThreadWrapper *thread,
              gpointer          user_data)
{
  g_assert_not_reached ();
}

static gboolean
wait_at_gate (ThrThreadWrapper *thread,
              gpointer          user_data,
              GError          **error)
{
  thr_test_gate_wait (user_data);
  return TRUE;
}

static void
data_freed (gpointer data)
{
  g_assert_true (g_main_context_is_owner (g_main_context_default ()));
  ++*(int *) data;
}

static gboolean
step_on (ThrThreadWrapper *thread,
         gpointer          user_data,
         GError          **error)
{
  return G_SOURCE_CONTINUE;
}

/* The owner context of running, sliced and manual jobs goes: they end without
 * a callback, and what they hold is released at the heir's. */
static void
test_owner_gone (void)
{
  ThrThreadManager *manager = thr_thread_manager_new ();
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *heir = thr_dispatcher_for_maker ();
  ThrTestGate gate = THR_TEST_GATE_INIT;
  ThrThreadWrapper *job, *sliced, *manual;
  ThrDispatcher *dispatcher;
  int n_freed = 0;

  g_main_context_push_thread_default (context);
  dispatcher = thr_dispatcher_for_maker ();
  job = thr_thread_manager_do_async (manager, NULL, wait_at_gate, &gate, NULL);
  thr_thread_wrapper_set_on_end (job, never_called, &n_freed, data_freed);
  sliced = thr_thread_manager_do_sliced (manager, NULL, step_on, NULL, NULL);
  thr_thread_wrapper_set_on_end (sliced, never_called, &n_freed, data_freed);
  manual = thr_thread_manager_do_manual (manager, NULL);
  thr_thread_wrapper_set_on_end (manual, never_called, &n_freed, data_freed);
  g_main_context_pop_thread_default (context);

  thr_dispatcher_close (dispatcher, heir);
  thr_dispatcher_unref (dispatcher);
  g_main_context_unref (context);
  thr_test_gate_open (&gate);
  g_assert_true (thr_thread_manager_wait_idle (manager, thr_test_deadline (), NULL, NULL));
  g_assert_cmpint (n_freed, ==, 3);
  g_assert_cmpint (thr_thread_wrapper_get_execution_state (job), ==, THR_EXECUTION_STATE_CLOSED);
  g_assert_error (thr_thread_wrapper_get_error (sliced), THR_ERROR, THR_ERROR_OWNER_GONE);
  g_assert_error (thr_thread_wrapper_get_error (manual), THR_ERROR, THR_ERROR_OWNER_GONE);

  g_assert_finalize_object (job);
  g_assert_finalize_object (sliced);
  g_assert_finalize_object (manual);
  thr_test_drain ();
  g_assert_finalize_object (manager);
  thr_dispatcher_unref (heir);
}

static gpointer
unref_thread (gpointer user_data)
{
  g_object_unref (user_data);
  return NULL;
}

/* An object that was found again on its way home waits there until it is let
 * go. Where its context goes first, it waits at the heir's. */
static void
test_waiting_to_leave (void)
{
  GMainContext *context = g_main_context_new ();
  ThrDispatcher *heir = thr_dispatcher_for_maker ();
  ThrDispatcher *dispatcher;
  ThrThreadWrapper *thread;
  ThrTestHome home;

  thr_test_home_init (&home);
  g_main_context_push_thread_default (context);
  dispatcher = thr_dispatcher_for_maker ();
  thread = thr_thread_wrapper_new (NULL, wait_at_gate, NULL, NULL);
  thr_test_home_watch (&home, thread);
  g_thread_join (g_thread_new ("unref", unref_thread, thread));
  g_object_ref (thread);
  thr_test_drain ();
  g_assert_cmpint (thr_test_home_n_disposed (&home), ==, 0);
  g_main_context_pop_thread_default (context);

  thr_dispatcher_close (dispatcher, heir);
  thr_dispatcher_unref (dispatcher);
  g_main_context_unref (context);
  thr_test_drain ();
  g_object_unref (thread);
  thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  thr_test_drain ();
  thr_dispatcher_unref (heir);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/dispatcher/life", test_life);
  g_test_add_func ("/dispatcher/order", test_order);
  g_test_add_func ("/dispatcher/budget", test_budget);
  g_test_add_func ("/dispatcher/flood", test_flood);
  g_test_add_func ("/dispatcher/nested", test_nested);
  g_test_add_func ("/dispatcher/threads", test_threads);
  g_test_add_func ("/dispatcher/sleep", test_sleep);
  g_test_add_func ("/dispatcher/ticks", test_ticks);
  g_test_add_func ("/dispatcher/close", test_close);
  g_test_add_func ("/dispatcher/close-in-order", test_close_in_order);
  g_test_add_func ("/dispatcher/close-with-ticks", test_close_with_ticks);
  g_test_add_func ("/dispatcher/owner-gone", test_owner_gone);
  g_test_add_func ("/dispatcher/waiting-to-leave", test_waiting_to_leave);

  return g_test_run ();
}
