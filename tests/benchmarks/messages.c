/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What workers say to each other, and what they cost while they say nothing.
 *
 * The peer is what a GLib program has for it: threads that run a main loop, and
 * g_main_context_invoke(). */

#include "config.h"

#include "bench.h"

#include "base/thr-dispatcher-private.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <thr-glib/thr-glib.h>
#include <unistd.h>

/* ---- a thread that runs a main loop: the peer's ---- */

typedef struct
{
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
  GMutex mutex; /* guards running */
  GCond cond;
  gboolean running;
} LoopThread;

static gboolean
running_cb (gpointer user_data)
{
  LoopThread *self = user_data;

  g_mutex_lock (&self->mutex);
  self->running = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
  return G_SOURCE_REMOVE;
}

static gpointer
loop_thread_func (gpointer data)
{
  LoopThread *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

/* Returns when the loop runs: before that g_main_context_invoke() would call
 * back in the calling thread. */
static void
loop_thread_start (LoopThread *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  *self = (LoopThread) { .context = g_main_context_new () };
  self->loop = g_main_loop_new (self->context, FALSE);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  g_source_set_callback (source, running_cb, self, NULL);
  g_source_attach (source, self->context);
  self->thread = g_thread_new ("loop", loop_thread_func, self);

  g_mutex_lock (&self->mutex);
  while (!self->running)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
}

static void
loop_thread_stop (LoopThread *self)
{
  g_main_loop_quit (self->loop);
  g_thread_join (self->thread);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
}

/* ---- counting down, in one thread or in several ---- */

typedef struct
{
  gint64 ended;
  gint n_left; /* atomic: counters that have not come to their end */
  GMutex mutex; /* guards over */
  GCond cond;
  gboolean over;
} Finish;

static void
finish_one (Finish *self)
{
  if (!g_atomic_int_dec_and_test (&self->n_left))
    return;
  self->ended = bench_now ();
  g_mutex_lock (&self->mutex);
  self->over = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
}

static double
finish_wait (Finish *self,
             gint64  begun,
             guint   n)
{
  g_mutex_lock (&self->mutex);
  while (!self->over)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  return (double) (self->ended - begun) / n;
}

/* One thread's. */
typedef struct
{
  Finish *finish;
  guint n_left;
  gint64 sum; /* so that what came is looked at */
} Counter;

static void
count_down (Counter *self,
            int      number)
{
  self->sum += number;
  if (--self->n_left == 0)
    finish_one (self->finish);
}

/* ---- message: one way ---- */

static gboolean
heard_cb (ThrWorker *worker,
          ThrEvent  *event,
          gpointer   user_data,
          GError   **error)
{
  count_down (user_data, g_value_get_int (thr_event_get_value (event)));
  return TRUE;
}

static ThrWorker *
start_worker (const char     *name,
              ThrListenerFunc func,
              gpointer        user_data)
{
  g_autoptr (GError) error = NULL;
  ThrWorker *worker = thr_worker_new (NULL, NULL, NULL, NULL);

  thr_worker_listen (worker, name, func, user_data, NULL);
  if (!thr_worker_start (worker, &error))
    g_error ("%s", error->message);
  return worker;
}

static void
end_worker (ThrWorker *worker)
{
  thr_worker_stop (worker);
  thr_worker_join (worker, THR_FOREVER, NULL);
  g_object_unref (worker);
}

static void
fire_int (ThrWorker  *worker,
          const char *name,
          int         number)
{
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, number);
  thr_worker_fire (worker, name, &value, NULL);
}

static void
measure_fire (gconstpointer what,
              double       *figures)
{
  guint n = bench_size (300000);
  Finish finish = { .n_left = 1 };
  Counter counter = { &finish, n, 0 };
  ThrWorker *worker = start_worker ("NUMBER", heard_cb, &counter);
  gint64 begun = bench_now ();

  for (guint i = 0; i < n; i++)
    fire_int (worker, "NUMBER", (int) i);
  figures[0] = finish_wait (&finish, begun, n);
  end_worker (worker);
}

typedef struct
{
  Counter *counter;
  int number;
} Message;

static gboolean
message_cb (gpointer user_data)
{
  Message *message = user_data;

  count_down (message->counter, message->number);
  g_free (message);
  return G_SOURCE_REMOVE;
}

static void
measure_invoke (gconstpointer what,
                double       *figures)
{
  guint n = bench_size (300000);
  Finish finish = { .n_left = 1 };
  Counter counter = { &finish, n, 0 };
  LoopThread thread;
  gint64 begun;

  loop_thread_start (&thread);
  begun = bench_now ();
  for (guint i = 0; i < n; i++)
    {
      Message *message = g_new (Message, 1);

      *message = (Message) { &counter, (int) i };
      g_main_context_invoke (thread.context, message_cb, message);
    }
  figures[0] = finish_wait (&finish, begun, n);
  loop_thread_stop (&thread);
}

/* A thread that does nothing but to take from a queue: no main loop, and so no
 * time-outs, sources or calls of Gio. */
typedef struct
{
  GAsyncQueue *queue;
  Counter counter;
} QueueThread;

static gpointer
queue_thread_func (gpointer data)
{
  QueueThread *self = data;

  while (self->counter.n_left > 0)
    {
      Message *message = g_async_queue_pop (self->queue);

      count_down (&self->counter, message->number);
      g_free (message);
    }
  return NULL;
}

static void
measure_queue (gconstpointer what,
               double       *figures)
{
  guint n = bench_size (300000);
  Finish finish = { .n_left = 1 };
  QueueThread self = { g_async_queue_new (), { &finish, n, 0 } };
  GThread *thread = g_thread_new ("queue", queue_thread_func, &self);
  gint64 begun = bench_now ();

  for (guint i = 0; i < n; i++)
    {
      Message *message = g_new (Message, 1);

      *message = (Message) { NULL, (int) i };
      g_async_queue_push (self.queue, message);
    }
  figures[0] = finish_wait (&finish, begun, n);
  g_thread_join (thread);
  g_async_queue_unref (self.queue);
}

/* What all of the library's deliveries go through, without anything on top. As
 * there, what is delivered has its place in the inbox in itself; so has the
 * peer's all that it needs beforehand. */
typedef struct
{
  ThrNode node;
  Counter *counter;
  int number;
} InboxMessage;

static void
inbox_deliver (ThrNode *node)
{
  InboxMessage *self = (InboxMessage *) node;

  count_down (self->counter, self->number);
}

static InboxMessage *
inbox_messages_new (guint    n,
                    Counter *counter)
{
  InboxMessage *messages = g_new (InboxMessage, n);

  for (guint i = 0; i < n; i++)
    messages[i] = (InboxMessage) { { NULL, inbox_deliver }, counter, (int) i };
  return messages;
}

static void
measure_inbox (gconstpointer what,
               double       *figures)
{
  guint n = bench_size (300000);
  Finish finish = { .n_left = 1 };
  Counter counter = { &finish, n, 0 };
  g_autofree InboxMessage *messages = inbox_messages_new (n, &counter);
  ThrDispatcher *dispatcher;
  LoopThread thread;
  gint64 begun;

  loop_thread_start (&thread);
  dispatcher = thr_dispatcher_for_context (thread.context);
  begun = bench_now ();
  for (guint i = 0; i < n; i++)
    thr_dispatcher_push (dispatcher, &messages[i].node);
  figures[0] = finish_wait (&finish, begun, n);
  loop_thread_stop (&thread);
  thr_dispatcher_unref (dispatcher);
}

static gboolean
inbox_message_cb (gpointer user_data)
{
  InboxMessage *self = user_data;

  count_down (self->counter, self->number);
  return G_SOURCE_REMOVE;
}

static void
measure_bare_invoke (gconstpointer what,
                     double       *figures)
{
  guint n = bench_size (300000);
  Finish finish = { .n_left = 1 };
  Counter counter = { &finish, n, 0 };
  g_autofree InboxMessage *messages = inbox_messages_new (n, &counter);
  LoopThread thread;
  gint64 begun;

  loop_thread_start (&thread);
  begun = bench_now ();
  for (guint i = 0; i < n; i++)
    g_main_context_invoke (thread.context, inbox_message_cb, &messages[i]);
  figures[0] = finish_wait (&finish, begun, n);
  loop_thread_stop (&thread);
}

/* ---- message: there and back ---- */

typedef struct
{
  ThrWorker *worker;  /* ours: the other side … */
  LoopThread *thread; /* … and the peer's */
  GMainLoop *loop;
  guint n_left;
} PingPong;

static gboolean
pong_cb (ThrWorker *worker,
         ThrEvent  *event,
         gpointer   user_data,
         GError   **error)
{
  PingPong *self = user_data;

  if (--self->n_left == 0)
    g_main_loop_quit (self->loop);
  else
    fire_int (self->worker, "PING", (int) self->n_left);
  return TRUE;
}

static gboolean
ping_cb (ThrWorker *worker,
         ThrEvent  *event,
         gpointer   user_data,
         GError   **error)
{
  return thr_worker_fire (thr_event_get_target (event), "PONG", thr_event_get_value (event), error);
}

static void
measure_fire_back (gconstpointer what,
                   double       *figures)
{
  guint n = bench_size (30000);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  PingPong self = { .loop = loop, .n_left = n };
  g_autoptr (ThrListener) listener = NULL;
  gint64 begun;

  self.worker = start_worker ("PING", ping_cb, NULL);
  listener = thr_worker_listen_full (thr_worker_main (), "PONG", 0, THR_LISTENER_TEMPORARY, NULL,
                                     pong_cb, &self, NULL);
  begun = bench_now ();
  fire_int (self.worker, "PING", (int) n);
  g_main_loop_run (loop);
  figures[0] = (double) (bench_now () - begun) / n;
  thr_worker_unlisten (thr_worker_main (), listener);
  end_worker (self.worker);
}

static gboolean invoke_ping_cb (gpointer user_data);

static gboolean
invoke_pong_cb (gpointer user_data)
{
  PingPong *self = user_data;

  if (--self->n_left == 0)
    g_main_loop_quit (self->loop);
  else
    g_main_context_invoke (self->thread->context, invoke_ping_cb, self);
  return G_SOURCE_REMOVE;
}

static gboolean
invoke_ping_cb (gpointer user_data)
{
  g_main_context_invoke (NULL, invoke_pong_cb, user_data);
  return G_SOURCE_REMOVE;
}

static void
measure_invoke_back (gconstpointer what,
                     double       *figures)
{
  guint n = bench_size (30000);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  LoopThread thread;
  PingPong self = { .thread = &thread, .loop = loop, .n_left = n };
  gint64 begun;

  loop_thread_start (&thread);
  begun = bench_now ();
  g_main_context_invoke (thread.context, invoke_ping_cb, &self);
  g_main_loop_run (loop);
  figures[0] = (double) (bench_now () - begun) / n;
  loop_thread_stop (&thread);
}

static void
message (void)
{
  const BenchFigure one_way = { "message, one way", "ns", .gates = { 0.12 } };
  const BenchFigure round_trip = { "message, there and back", "ns", .gates = { 0.75 } };
  const BenchFigure bare = { "message, the bare inbox", "ns", .gates = { 0.05 } };
  const BenchSide fire[] = {
    { "thr", measure_fire, NULL },
    { "invoke", measure_invoke, NULL },
    { "GAsyncQueue", measure_queue, NULL },
  };
  const BenchSide inbox[] = {
    { "thr", measure_inbox, NULL },
    { "invoke", measure_bare_invoke, NULL },
  };
  const BenchSide back[] = {
    { "thr", measure_fire_back, NULL },
    { "invoke", measure_invoke_back, NULL },
  };

  bench_compare (5, &one_way, 1, fire, G_N_ELEMENTS (fire));
  bench_compare (5, &round_trip, 1, back, G_N_ELEMENTS (back));
  bench_compare (5, &bare, 1, inbox, G_N_ELEMENTS (inbox));
}

/* ---- pubsub ---- */

#define N_LISTENING 4
#define N_EACH 25

static void
told_cb (ThrEvent *event,
         gpointer  user_data)
{
  count_down (user_data, g_value_get_int (thr_event_get_value (event)));
}

typedef struct
{
  ThrChannel *channel;
  Counter counter;
  GMutex mutex; /* guards ready */
  GCond cond;
  gboolean ready;
} Listening;

static gboolean
subscribe_cb (gpointer user_data)
{
  Listening *self = user_data;

  for (guint i = 0; i < N_EACH; i++)
    thr_subscription_unref (thr_channel_subscribe (self->channel, THR_OVERFLOW_DROP_OLDEST, 0,
                                                   told_cb, &self->counter, NULL));
  g_mutex_lock (&self->mutex);
  self->ready = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);
  return G_SOURCE_REMOVE;
}

static void
measure_pub (gconstpointer what,
             double       *figures)
{
  guint n = bench_size (4000);
  g_autoptr (ThrChannel) channel = thr_channel_new ();
  Finish finish = { .n_left = N_LISTENING };
  Listening listening[N_LISTENING];
  LoopThread threads[N_LISTENING];
  g_auto (GValue) value = G_VALUE_INIT;
  gint64 begun;

  for (guint i = 0; i < N_LISTENING; i++)
    {
      listening[i] = (Listening) { channel, { &finish, n * N_EACH, 0 } };
      loop_thread_start (&threads[i]);
      g_main_context_invoke (threads[i].context, subscribe_cb, &listening[i]);
      g_mutex_lock (&listening[i].mutex);
      while (!listening[i].ready)
        g_cond_wait (&listening[i].cond, &listening[i].mutex);
      g_mutex_unlock (&listening[i].mutex);
    }

  g_value_init (&value, G_TYPE_INT);
  begun = bench_now ();
  for (guint i = 0; i < n; i++)
    {
      g_value_set_int (&value, (int) i);
      thr_channel_pub (channel, "NUMBER", &value, NULL);
    }
  figures[0] = finish_wait (&finish, begun, n * N_LISTENING * N_EACH);
  g_clear_object (&channel);
  for (guint i = 0; i < N_LISTENING; i++)
    loop_thread_stop (&threads[i]);
}

static void
measure_invoke_all (gconstpointer what,
                    double       *figures)
{
  guint n = bench_size (4000);
  Finish finish = { .n_left = N_LISTENING };
  Counter counters[N_LISTENING];
  LoopThread threads[N_LISTENING];
  gint64 begun;

  for (guint i = 0; i < N_LISTENING; i++)
    {
      counters[i] = (Counter) { &finish, n * N_EACH, 0 };
      loop_thread_start (&threads[i]);
    }
  begun = bench_now ();
  for (guint i = 0; i < n; i++)
    {
      for (guint nth = 0; nth < N_LISTENING * N_EACH; nth++)
        {
          Message *one = g_new (Message, 1);

          *one = (Message) { &counters[nth % N_LISTENING], (int) i };
          g_main_context_invoke (threads[nth % N_LISTENING].context, message_cb, one);
        }
    }
  figures[0] = finish_wait (&finish, begun, n * N_LISTENING * N_EACH);
  for (guint i = 0; i < N_LISTENING; i++)
    loop_thread_stop (&threads[i]);
}

static void
pubsub (void)
{
  const BenchFigure figure = { "pubsub, a delivery", "ns", .gates = { 0.05 } };
  const BenchSide sides[] = {
    { "thr", measure_pub, NULL },
    { "invoke", measure_invoke_all, NULL },
  };

  bench_compare (5, &figure, 1, sides, G_N_ELEMENTS (sides));
}

/* ---- workers that wait ---- */

static double
heap_bytes (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return (double) info.uordblks + (double) info.hblkhd;
}

/* How often the other threads of this process were put to sleep. */
static guint64
n_switches (void)
{
  DIR *tasks = opendir ("/proc/self/task");
  struct dirent *task;
  guint64 n = 0;

  if (tasks == NULL)
    g_error ("There is no /proc/self/task to read");
  while ((task = readdir (tasks)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/status", task->d_name);
      g_autofree char *status = NULL;
      const char *line;

      if (atoi (task->d_name) == getpid () || !g_file_get_contents (path, &status, NULL, NULL))
        continue;
      line = strstr (status, "\nvoluntary_ctxt_switches:");
      if (line != NULL)
        n += g_ascii_strtoull (strchr (line, ':') + 1, NULL, 10);
    }
  closedir (tasks);
  return n;
}

static gboolean
count_one_cb (ThrWorker *worker,
              ThrEvent  *event,
              gpointer   user_data,
              GError   **error)
{
  finish_one (user_data);
  return TRUE;
}

/* In a process of its own: what freed memory is left by one side would be used
 * by the other. */
static int
workers_child (guint    n,
               gboolean ours)
{
  Finish finish = { .n_left = (int) n };
  LoopThread *threads = g_new (LoopThread, n);
  ThrWorker **workers = g_new (ThrWorker *, n);
  struct rlimit limit;
  guint64 switches;
  double heap;
  gint64 begun;

  /* All in the one arena that is counted; and each has a descriptor. */
  mallopt (M_ARENA_MAX, 1);
  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);

  heap = heap_bytes ();
  begun = bench_now ();
  for (guint i = 0; i < n; i++)
    {
      if (ours)
        workers[i] = start_worker ("HELLO", count_one_cb, &finish);
      else
        loop_thread_start (&threads[i]);
    }
  if (ours)
    {
      for (guint i = 0; i < n; i++)
        thr_worker_fire (workers[i], "HELLO", NULL, NULL);
      finish_wait (&finish, begun, n);
    }
  begun = bench_now () - begun;

  /* Until those that have answered sleep again; nothing tells. */
  g_usleep (G_USEC_PER_SEC / 5);
  heap = heap_bytes () - heap;
  switches = n_switches ();
  g_usleep (G_USEC_PER_SEC);
  switches = n_switches () - switches;

  printf ("%f %" G_GUINT64_FORMAT " %f\n", heap / n / 1024, switches, (double) begun / n / 1000);
  fflush (stdout);
  _exit (0);
}

static void
run_workers_child (const char *who,
                   double     *figures)
{
  g_autofree char *n = g_strdup_printf ("%u", MAX (bench_size (1000), 100));
  const char *argv[] = { bench_program (), "--workers-child", n, who, NULL };
  g_autofree char *output = NULL;

  if (!bench_child (argv, &output) ||
      sscanf (output, "%lf %lf %lf", &figures[0], &figures[1], &figures[2]) != 3)
    exit (2);
}

/* What is ours of the heap is what the peer, which has a context too, has not. */
static void
measure_workers (gconstpointer what,
                 double       *figures)
{
  double theirs[3];

  run_workers_child (what, figures);
  if (g_str_equal (what, "theirs"))
    return;
  run_workers_child ("theirs", theirs);
  figures[0] -= theirs[0];
}

static void
workers (void)
{
  const BenchFigure figures[] = {
    { "workers, heap of our own", "KiB", .at_most = 12 },
    { "workers, wake-ups of 1000 idle ones", "a second", .at_most = 10 },
    { "workers, to start one", "µs" },
  };
  const BenchSide sides[] = {
    { "thr", measure_workers, "ours" },
    { "thread with a GMainLoop", measure_workers, "theirs" },
  };

  bench_compare (3, figures, G_N_ELEMENTS (figures), sides, G_N_ELEMENTS (sides));
}

int
main (int    argc,
      char **argv)
{
  if (argc == 4 && g_str_equal (argv[1], "--workers-child"))
    return workers_child (atoi (argv[2]), g_str_equal (argv[3], "ours"));

  bench_init (&argc, &argv);

  if (bench_wants ("message"))
    message ();
  if (bench_wants ("pubsub"))
    pubsub ();
  if (bench_wants ("workers"))
    workers ();

  return bench_finish ();
}
