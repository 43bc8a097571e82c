/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/thr-dispatcher-private.h"
#include "thr-test.h"

/* ThrSubscription: functions that hear a ThrChannel in a context of theirs. */

static gboolean
pub_timed (ThrChannel *channel,
           int         number,
           gint64      timeout,
           GError    **error)
{
  g_autoptr (ThrEvent) event = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, number);
  event = thr_event_new ("NEWS", &value);
  return thr_channel_pub_event (channel, event, timeout, error);
}

static void
pub (ThrChannel *channel,
     int         number)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pub_timed (channel, number, thr_test_deadline (), &error));
  g_assert_no_error (error);
}

/* Writes down the numbers it hears. */
typedef struct
{
  GThread *home;
  GString *words;
  guint n_heard;
  int n_destroyed;
  ThrSubscription *subscription; /* a handle, or NULL */
  gboolean leave;                /* unsubscribe at the next event */
} Ear;

static void
ear_hear (ThrEvent *event,
          gpointer  user_data)
{
  Ear *self = user_data;

  g_assert_true (g_thread_self () == self->home);
  g_assert_cmpint (self->n_destroyed, ==, 0);
  g_assert_cmpstr (thr_event_get_name (event), ==, "NEWS");
  g_string_append_printf (self->words, "%d ", g_value_get_int (thr_event_get_value (event)));
  self->n_heard++;
  if (self->leave)
    {
      thr_subscription_unsubscribe (self->subscription);
      g_assert_cmpint (self->n_destroyed, ==, 0);
    }
}

static void
ear_destroyed (gpointer user_data)
{
  Ear *self = user_data;

  g_assert_true (g_thread_self () == self->home);
  g_assert_cmpint (self->n_destroyed, ==, 0);
  self->n_destroyed++;
}

static void
ear_open (Ear        *self,
          ThrChannel *channel,
          ThrOverflow overflow,
          guint       capacity)
{
  *self = (Ear) { .home = g_thread_self (), .words = g_string_new (NULL) };
  self->subscription =
    thr_channel_subscribe (channel, overflow, capacity, ear_hear, self, ear_destroyed);
}

static void
ear_close (Ear *self)
{
  thr_subscription_unsubscribe (self->subscription);
  thr_subscription_unsubscribe (self->subscription);
  g_assert_false (thr_subscription_is_active (self->subscription));
  g_assert_cmpuint (thr_subscription_get_n_pending (self->subscription), ==, 0);
  thr_subscription_unref (self->subscription);
  /* Where a turn took long, what it told is held until the next one. */
  thr_test_run_until (self->n_destroyed == 1);
  g_string_free (self->words, TRUE);
}

/* ---- order ---- */

static void
test_order (void)
{
  ThrChannel *channel = thr_channel_new ();
  Ear first, second;

  pub (channel, 0);
  ear_open (&first, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  g_assert_true (thr_subscription_is_active (first.subscription));
  g_assert_cmpuint (thr_subscription_get_capacity (first.subscription), ==, 0);
  g_assert_cmpint (thr_subscription_get_overflow (first.subscription), ==, THR_OVERFLOW_DROP_OLDEST);
  pub (channel, 1);
  ear_open (&second, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  pub (channel, 2);
  pub (channel, 3);
  g_assert_cmpuint (thr_channel_get_n_subscribers (channel), ==, 2);
  g_assert_cmpuint (thr_subscription_get_n_pending (first.subscription), ==, 3);
  g_assert_cmpuint (thr_subscription_get_n_pending (second.subscription), ==, 2);
  g_assert_cmpstr (first.words->str, ==, "");
  thr_test_run_until (second.n_heard == 2);
  g_assert_cmpstr (first.words->str, ==, "1 2 3 ");
  g_assert_cmpstr (second.words->str, ==, "2 3 ");
  g_assert_cmpuint (thr_subscription_get_n_dropped (first.subscription), ==, 0);
  g_assert_cmpuint (thr_subscription_get_n_dropped (second.subscription), ==, 0);
  ear_close (&first);
  ear_close (&second);
  g_assert_cmpuint (thr_channel_get_n_subscribers (channel), ==, 0);
  g_assert_finalize_object (channel);
}

typedef struct
{
  ThrChannel *channel;
  int first;
  int n;
} Source;

static gpointer
publish_thread (gpointer data)
{
  Source *self = data;

  for (int i = 0; i < self->n; i++)
    pub (self->channel, self->first + i);
  return NULL;
}

typedef struct
{
  ThrChannel *channel;
  ThrTestGate ready;
  int n;         /* to be heard */
  int last[4];   /* by publisher */
  int n_heard;
  ThrOverflow overflow;
} Audience;

static void
audience_hear (ThrEvent *event,
               gpointer  user_data)
{
  Audience *self = user_data;
  int number = g_value_get_int (thr_event_get_value (event));
  int *last = &self->last[number / 1000000];

  g_assert_cmpint (number, ==, *last + 1);
  *last = number;
  self->n_heard++;
}

static gpointer
audience_thread (gpointer data)
{
  Audience *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  ThrSubscription *one, *two;
  Audience other = { .n = self->n };

  g_main_context_push_thread_default (context);
  for (int i = 0; i < 4; i++)
    self->last[i] = other.last[i] = i * 1000000 - 1;
  one = thr_channel_subscribe (self->channel, self->overflow, 16, audience_hear, self, NULL);
  two = thr_channel_subscribe (self->channel, self->overflow, 0, audience_hear, &other, NULL);
  thr_test_gate_open (&self->ready);
  while (self->n_heard < self->n || other.n_heard < self->n)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpuint (thr_subscription_get_n_dropped (one), ==, 0);
  g_assert_cmpuint (thr_subscription_get_n_dropped (two), ==, 0);
  thr_subscription_unsubscribe (one);
  thr_subscription_unsubscribe (two);
  thr_subscription_unref (one);
  thr_subscription_unref (two);
  g_main_context_pop_thread_default (context);
  return NULL;
}

/* Four publishers, three contexts: all is heard, in each publisher's order. */
static void
test_threads (void)
{
  int n = (int) thr_test_scale (20000, 300);
  ThrChannel *channel = thr_channel_new ();
  Audience audiences[3];
  GThread *hearing[3], *publishing[4];
  Source sources[4];

  for (guint i = 0; i < G_N_ELEMENTS (audiences); i++)
    {
      audiences[i] = (Audience) { .channel = channel, .n = 4 * n, .overflow = THR_OVERFLOW_BLOCK };
      hearing[i] = g_thread_new ("audience", audience_thread, &audiences[i]);
      thr_test_gate_wait (&audiences[i].ready);
    }
  for (int i = 0; i < 4; i++)
    {
      sources[i] = (Source) { channel, i * 1000000, n };
      publishing[i] = g_thread_new ("publisher", publish_thread, &sources[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (publishing); i++)
    g_thread_join (publishing[i]);
  for (guint i = 0; i < G_N_ELEMENTS (hearing); i++)
    {
      g_thread_join (hearing[i]);
      thr_test_gate_clear (&audiences[i].ready);
    }
  g_assert_cmpuint (thr_channel_get_n_subscribers (channel), ==, 0);
  g_assert_finalize_object (channel);
}

/* ---- unsubscribe ---- */

static void
test_handle_dropped (void)
{
  ThrChannel *channel = thr_channel_new ();
  Ear ear;

  ear_open (&ear, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  g_clear_pointer (&ear.subscription, thr_subscription_unref);
  pub (channel, 1);
  thr_test_run_until (ear.n_heard == 1);
  g_assert_cmpint (ear.n_destroyed, ==, 0);
  g_assert_finalize_object (channel);
  thr_test_run_until (ear.n_destroyed == 1);
  g_string_free (ear.words, TRUE);
}

static void
test_leave_inside (void)
{
  ThrChannel *channel = thr_channel_new ();
  Ear leaving, staying;

  ear_open (&leaving, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  ear_open (&staying, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  leaving.leave = TRUE;
  pub (channel, 1);
  pub (channel, 2);
  thr_test_run_until (staying.n_heard == 2);
  g_assert_cmpstr (leaving.words->str, ==, "1 ");
  ear_close (&leaving);
  ear_close (&staying);
  g_assert_finalize_object (channel);
}

typedef struct
{
  ThrChannel *channel;
  ThrSubscription *to_remove;
  Ear added;
  gboolean done;
} Changer;

static void
change (ThrEvent *event,
        gpointer  user_data)
{
  Changer *self = user_data;

  if (self->done)
    return;
  self->done = TRUE;
  thr_subscription_unsubscribe (self->to_remove);
  ear_open (&self->added, self->channel, THR_OVERFLOW_DROP_OLDEST, 0);
}

/* Those removed do not hear the present event, nor do those added. */
static void
test_changed_inside (void)
{
  Changer changer = { .channel = thr_channel_new () };
  ThrSubscription *subscription;
  Ear removed;

  subscription = thr_channel_subscribe (changer.channel, THR_OVERFLOW_DROP_OLDEST, 0, change,
                                        &changer, NULL);
  ear_open (&removed, changer.channel, THR_OVERFLOW_DROP_OLDEST, 0);
  changer.to_remove = removed.subscription;
  pub (changer.channel, 1);
  thr_test_run_until (changer.done);
  thr_test_drain ();
  pub (changer.channel, 2);
  thr_test_run_until (changer.added.n_heard == 1);
  g_assert_cmpstr (changer.added.words->str, ==, "2 ");
  g_assert_cmpstr (removed.words->str, ==, "");
  ear_close (&removed);
  ear_close (&changer.added);
  thr_subscription_unsubscribe (subscription);
  thr_subscription_unref (subscription);
  g_assert_finalize_object (changer.channel);
}

static gpointer
unsubscribe_thread (gpointer data)
{
  thr_subscription_unsubscribe (data);
  return NULL;
}

static void
test_leave_elsewhere (void)
{
  for (guint i = 0; i < thr_test_scale (200, 20); i++)
    {
      ThrChannel *channel = thr_channel_new ();
      GThread *thread;
      Ear ear;

      ear_open (&ear, channel, THR_OVERFLOW_DROP_OLDEST, 0);
      thread = g_thread_new ("leave", unsubscribe_thread, ear.subscription);
      for (int n = 0; n < 10; n++)
        {
          pub (channel, n);
          thr_test_drain ();
        }
      g_thread_join (thread);
      thr_subscription_unref (ear.subscription);
      thr_test_poll_until (ear.n_destroyed == 1);
      g_assert_finalize_object (channel);
      g_string_free (ear.words, TRUE);
    }
}

/* ---- bounds ---- */

static void
assert_counts (Ear  *ear,
               guint n_pending,
               guint n_dropped)
{
  g_assert_cmpuint (thr_subscription_get_n_pending (ear->subscription), ==, n_pending);
  g_assert_cmpuint (thr_subscription_get_n_dropped (ear->subscription), ==, n_dropped);
}

static void
test_bounds (void)
{
  ThrChannel *channel = thr_channel_new ();
  Ear all, two, three, latest;

  ear_open (&two, channel, THR_OVERFLOW_DROP_OLDEST, 2);
  ear_open (&latest, channel, THR_OVERFLOW_KEEP_LATEST, 0);
  ear_open (&three, channel, THR_OVERFLOW_DROP_OLDEST, 3);
  g_assert_cmpuint (thr_subscription_get_capacity (latest.subscription), ==, 1);
  for (guint unbounded = 0; unbounded < 2; unbounded++)
    {
      guint before = unbounded * 5;

      /* Whether or not there is one that wants all of it. */
      if (unbounded)
        ear_open (&all, channel, THR_OVERFLOW_DROP_OLDEST, 0);
      for (int i = 1; i <= 6; i++)
        {
          pub (channel, i);
          assert_counts (&two, MIN (i, 2), before * 4 / 5 + MAX (i - 2, 0));
          assert_counts (&three, MIN (i, 3), before * 3 / 5 + MAX (i - 3, 0));
          assert_counts (&latest, 1, before + i - 1);
        }
      thr_test_run_until (latest.n_heard == unbounded + 1);
      thr_test_drain ();
      assert_counts (&two, 0, 4 * (unbounded + 1));
      assert_counts (&three, 0, 3 * (unbounded + 1));
      assert_counts (&latest, 0, 5 * (unbounded + 1));
    }
  g_assert_cmpstr (two.words->str, ==, "5 6 5 6 ");
  g_assert_cmpstr (three.words->str, ==, "4 5 6 4 5 6 ");
  g_assert_cmpstr (latest.words->str, ==, "6 6 ");
  g_assert_cmpstr (all.words->str, ==, "1 2 3 4 5 6 ");
  assert_counts (&all, 0, 0);
  ear_close (&two);
  ear_close (&three);
  ear_close (&latest);
  ear_close (&all);
  g_assert_finalize_object (channel);
}

/* ---- block ---- */

static void
test_block (void)
{
  ThrChannel *channel = thr_channel_new ();
  Source source = { channel, 1, 50 };
  GThread *thread;
  Ear ear, other;

  ear_open (&ear, channel, THR_OVERFLOW_BLOCK, 3);
  ear_open (&other, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  thread = g_thread_new ("publisher", publish_thread, &source);
  /* Others hear what one has no room for yet, and no more than that. */
  thr_test_block_until (thr_subscription_get_n_pending (other.subscription) == 4);
  g_assert_cmpuint (thr_subscription_get_n_pending (ear.subscription), ==, 3);
  thr_test_run_until (ear.n_heard == 50);
  g_thread_join (thread);
  g_assert_cmpuint (thr_subscription_get_n_dropped (ear.subscription), ==, 0);
  thr_test_run_until (other.n_heard == 50);
  g_assert_cmpstr (ear.words->str, ==, other.words->str);
  ear_close (&ear);
  ear_close (&other);
  g_assert_finalize_object (channel);
}

static gpointer
publish_in_time (gpointer data)
{
  Source *source = data;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < source->n; i++)
    {
      g_assert_false (pub_timed (source->channel, source->first + i, i * 1000, &error));
      g_assert_error (error, THR_ERROR, THR_ERROR_TIMED_OUT);
      g_clear_error (&error);
    }
  return NULL;
}

static void
test_block_times_out (void)
{
  ThrChannel *channel = thr_channel_new ();
  Source source = { channel, 2, 3 };
  Ear ear, other;

  ear_open (&ear, channel, THR_OVERFLOW_BLOCK, 1);
  ear_open (&other, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  pub (channel, 1);
  g_thread_join (g_thread_new ("publisher", publish_in_time, &source));
  assert_counts (&ear, 1, 3);
  assert_counts (&other, 4, 0);
  thr_test_run_until (other.n_heard == 4);
  g_assert_cmpstr (ear.words->str, ==, "1 ");
  g_assert_cmpstr (other.words->str, ==, "1 2 3 4 ");
  ear_close (&ear);
  ear_close (&other);
  g_assert_finalize_object (channel);
}

/* Nobody but this thread could make room. */
static void
test_block_own_thread (void)
{
  g_autoptr (GError) error = NULL;
  ThrChannel *channel = thr_channel_new ();
  Ear ear;

  ear_open (&ear, channel, THR_OVERFLOW_BLOCK, 1);
  pub (channel, 1);
  g_assert_false (pub_timed (channel, 2, THR_FOREVER, &error));
  g_assert_error (error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
  assert_counts (&ear, 1, 1);
  thr_test_run_until (ear.n_heard == 1);
  pub (channel, 3);
  thr_test_run_until (ear.n_heard == 2);
  g_assert_cmpstr (ear.words->str, ==, "1 3 ");
  ear_close (&ear);
  g_assert_finalize_object (channel);
}

/* Two threads that block each other: the second one is refused. */
typedef struct
{
  ThrChannel *mine;
  ThrChannel *theirs;
  ThrTestGate ready;
  ThrTestGate go;
  GError *error;
  gboolean published;
} Partner;

static gpointer
partner_thread (gpointer data)
{
  Partner *self = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  Ear ear;

  g_main_context_push_thread_default (context);
  ear_open (&ear, self->mine, THR_OVERFLOW_BLOCK, 1);
  pub (self->mine, 1);
  thr_test_gate_open (&self->ready);
  thr_test_gate_wait (&self->go);
  self->published = pub_timed (self->theirs, 2, thr_test_deadline (), &self->error);
  /* Which makes room for the other one. */
  while (ear.n_heard < 1)
    g_main_context_iteration (context, TRUE);
  ear_close (&ear);
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_block_circle (void)
{
  ThrChannel *channels[] = { thr_channel_new (), thr_channel_new () };
  Partner partners[] = {
    { .mine = channels[0], .theirs = channels[1] },
    { .mine = channels[1], .theirs = channels[0] },
  };
  GThread *threads[2];
  int n_refused = 0;

  for (int i = 0; i < 2; i++)
    {
      threads[i] = g_thread_new ("partner", partner_thread, &partners[i]);
      thr_test_gate_wait (&partners[i].ready);
    }
  for (int i = 0; i < 2; i++)
    thr_test_gate_open (&partners[i].go);
  for (int i = 0; i < 2; i++)
    {
      g_thread_join (threads[i]);
      if (!partners[i].published)
        {
          g_assert_error (partners[i].error, THR_ERROR, THR_ERROR_WOULD_DEADLOCK);
          n_refused++;
        }
      g_clear_error (&partners[i].error);
      thr_test_gate_clear (&partners[i].ready);
      thr_test_gate_clear (&partners[i].go);
    }
  g_assert_cmpint (n_refused, ==, 1);
  g_assert_finalize_object (channels[0]);
  g_assert_finalize_object (channels[1]);
}

/* Whoever is blocked is let go when the subscription ends. */
static void
test_block_unsubscribed (void)
{
  ThrChannel *channel = thr_channel_new ();
  Source source = { channel, 1, 10 };
  GThread *thread;
  Ear ear, other;

  ear_open (&ear, channel, THR_OVERFLOW_BLOCK, 2);
  ear_open (&other, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  thread = g_thread_new ("publisher", publish_thread, &source);
  thr_test_block_until (thr_subscription_get_n_pending (other.subscription) == 3);
  ear_close (&ear);
  g_thread_join (thread);
  thr_test_run_until (other.n_heard == 10);
  ear_close (&other);
  g_assert_finalize_object (channel);
}

/* ---- loops inside ---- */

typedef struct
{
  ThrChannel *channel;
  Ear *other;
  guint wanted;
  gboolean inside;
  GString *words;
} Dialog;

static void
dialog_hear (ThrEvent *event,
             gpointer  user_data)
{
  Dialog *self = user_data;
  int number = g_value_get_int (thr_event_get_value (event));

  g_string_append_printf (self->words, "(%d ", number);
  if (number == 1)
    thr_test_run_until (self->other->n_heard == self->wanted);
  g_string_append_printf (self->words, "%d) ", number);
}

/* A main loop in a function hears the rest, in order, for all. */
static void
test_nested (void)
{
  ThrChannel *channel = thr_channel_new ();
  Ear before, after;
  Dialog dialog = { channel, &after, 3, FALSE, g_string_new (NULL) };
  ThrSubscription *subscription;

  ear_open (&before, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  subscription = thr_channel_subscribe (channel, THR_OVERFLOW_DROP_OLDEST, 0, dialog_hear, &dialog, NULL);
  ear_open (&after, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  for (int i = 1; i <= 3; i++)
    pub (channel, i);
  thr_test_run_until (dialog.words->len > 0);
  thr_test_drain ();
  g_assert_cmpstr (dialog.words->str, ==, "(1 (2 2) (3 3) 1) ");
  g_assert_cmpstr (before.words->str, ==, "1 2 3 ");
  g_assert_cmpstr (after.words->str, ==, "1 2 3 ");
  thr_subscription_unsubscribe (subscription);
  thr_subscription_unref (subscription);
  ear_close (&before);
  ear_close (&after);
  g_assert_finalize_object (channel);
  g_string_free (dialog.words, TRUE);
}

static void
echo (ThrEvent *event,
      gpointer  user_data)
{
  int number = g_value_get_int (thr_event_get_value (event));

  if (number < 5)
    pub (user_data, number + 1);
}

static void
test_from_function (void)
{
  ThrChannel *channel = thr_channel_new ();
  ThrSubscription *subscription;
  Ear ear;

  ear_open (&ear, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  subscription = thr_channel_subscribe (channel, THR_OVERFLOW_DROP_OLDEST, 0, echo, channel, NULL);
  pub (channel, 1);
  thr_test_run_until (ear.n_heard == 5);
  g_assert_cmpstr (ear.words->str, ==, "1 2 3 4 5 ");
  thr_subscription_unsubscribe (subscription);
  thr_subscription_unref (subscription);
  ear_close (&ear);
  g_assert_finalize_object (channel);
}

/* ---- ends ---- */

/* What was published before the channel was dropped is heard. */
static void
test_channel_dropped (void)
{
  ThrChannel *channel = thr_channel_new ();
  Ear ear, idle;

  ear_open (&ear, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  pub (channel, 1);
  pub (channel, 2);
  g_assert_finalize_object (channel);
  g_assert_cmpstr (ear.words->str, ==, "");
  thr_test_run_until (ear.n_heard == 2);
  thr_test_drain ();
  g_assert_false (thr_subscription_is_active (ear.subscription));
  ear_close (&ear);

  channel = thr_channel_new ();
  ear_open (&idle, channel, THR_OVERFLOW_BLOCK, 1);
  g_assert_finalize_object (channel);
  g_assert_false (thr_subscription_is_active (idle.subscription));
  ear_close (&idle);
}

typedef struct
{
  ThrChannel **channel;
  gboolean dropped;
} Dropper;

static void
drop_channel (ThrEvent *event,
              gpointer  user_data)
{
  Dropper *self = user_data;

  if (!self->dropped)
    g_clear_object (self->channel);
  self->dropped = TRUE;
}

/* Dropped while it tells: the others still hear. */
static void
test_channel_dropped_inside (void)
{
  ThrChannel *channel = thr_channel_new ();
  Dropper dropper = { &channel, FALSE };
  Ear ear;

  thr_subscription_unref (thr_channel_subscribe (channel, THR_OVERFLOW_DROP_OLDEST, 0, drop_channel,
                                                 &dropper, NULL));
  ear_open (&ear, channel, THR_OVERFLOW_DROP_OLDEST, 0);
  pub (channel, 1);
  pub (channel, 2);
  thr_test_run_until (ear.n_heard == 2);
  thr_test_drain ();
  g_assert_null (channel);
  g_assert_cmpstr (ear.words->str, ==, "1 2 ");
  g_assert_false (thr_subscription_is_active (ear.subscription));
  ear_close (&ear);
}

/* A worker's context ends with its run. */
typedef struct
{
  ThrChannel *channel;
  GThread *home;
  int n_heard;
  int n_destroyed;
} Mortal;

static void
mortal_hear (ThrEvent *event,
             gpointer  user_data)
{
  Mortal *self = user_data;
  gint64 until = g_get_monotonic_time () + 2 * THR_DISPATCH_BUDGET;

  g_assert_true (g_thread_self () != self->home);
  /* Longer than a turn may take: it is over before all is done. */
  while (g_get_monotonic_time () < until)
    continue;
  self->n_heard++;
}

static void
mortal_destroyed (gpointer user_data)
{
  Mortal *self = user_data;

  g_assert_true (g_thread_self () != self->home);
  self->n_destroyed++;
}

static gboolean
mortal_func (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  Mortal *self = user_data;

  thr_subscription_unref (thr_channel_subscribe (self->channel, THR_OVERFLOW_BLOCK, 1, mortal_hear,
                                                 self, mortal_destroyed));
  pub (self->channel, 1);
  while (self->n_heard == 0)
    g_assert_true (thr_worker_update (worker, error));
  /* Nobody will ever make room again. */
  pub (self->channel, 2);
  return TRUE;
}

static void
test_context_gone (void)
{
  Mortal mortal = { thr_channel_new (), g_thread_self (), 0, 0 };
  ThrWorker *worker = thr_worker_new ("mortal", mortal_func, &mortal, NULL);

  g_assert_true (thr_worker_start (worker, NULL));
  g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
  /* Nobody had to publish for it to be gone. */
  g_assert_cmpint (mortal.n_destroyed, ==, 1);
  g_assert_cmpuint (thr_channel_get_n_subscribers (mortal.channel), ==, 0);
  pub (mortal.channel, 3);
  pub (mortal.channel, 4);
  thr_test_drain ();
  g_assert_cmpint (mortal.n_heard, ==, 1);
  thr_test_finalize_soon (worker);
  g_assert_finalize_object (mortal.channel);
}

/* A publisher that is blocked by it is let go. */
typedef struct
{
  ThrChannel *channel;
  ThrTestGate subscribed;
} Leaver;

static void
leaver_hear (ThrEvent *event,
             gpointer  user_data)
{
}

static gboolean
leaver_func (ThrWorker *worker,
             gpointer   user_data,
             GError   **error)
{
  Leaver *self = user_data;

  thr_subscription_unref (thr_channel_subscribe (self->channel, THR_OVERFLOW_BLOCK, 1, leaver_hear,
                                                 NULL, NULL));
  pub (self->channel, 0);
  thr_test_gate_open (&self->subscribed);
  /* Full for good: there is no break point any more. */
  return TRUE;
}

static void
test_context_gone_blocking (void)
{
  for (guint i = 0; i < thr_test_scale (200, 20); i++)
    {
      Leaver leaver = { .channel = thr_channel_new () };
      Source source = { leaver.channel, 1, 20 };
      ThrWorker *worker = thr_worker_new ("leaver", leaver_func, &leaver, NULL);

      g_assert_true (thr_worker_start (worker, NULL));
      thr_test_gate_wait (&leaver.subscribed);
      g_thread_join (g_thread_new ("publisher", publish_thread, &source));
      g_assert_true (thr_worker_join (worker, thr_test_deadline (), NULL));
      g_assert_cmpuint (thr_channel_get_n_subscribers (leaver.channel), ==, 0);
      thr_test_finalize_soon (worker);
      g_assert_finalize_object (leaver.channel);
      thr_test_gate_clear (&leaver.subscribed);
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/subscription/order", test_order);
  g_test_add_func ("/subscription/threads", test_threads);
  g_test_add_func ("/subscription/handle-dropped", test_handle_dropped);
  g_test_add_func ("/subscription/leave-inside", test_leave_inside);
  g_test_add_func ("/subscription/changed-inside", test_changed_inside);
  g_test_add_func ("/subscription/leave-elsewhere", test_leave_elsewhere);
  g_test_add_func ("/subscription/bounds", test_bounds);
  g_test_add_func ("/subscription/block", test_block);
  g_test_add_func ("/subscription/block-times-out", test_block_times_out);
  g_test_add_func ("/subscription/block-own-thread", test_block_own_thread);
  g_test_add_func ("/subscription/block-circle", test_block_circle);
  g_test_add_func ("/subscription/block-unsubscribed", test_block_unsubscribed);
  g_test_add_func ("/subscription/nested", test_nested);
  g_test_add_func ("/subscription/from-function", test_from_function);
  g_test_add_func ("/subscription/channel-dropped", test_channel_dropped);
  g_test_add_func ("/subscription/channel-dropped-inside", test_channel_dropped_inside);
  g_test_add_func ("/subscription/context-gone", test_context_gone);
  g_test_add_func ("/subscription/context-gone-blocking", test_context_gone_blocking);

  return g_test_run ();
}
