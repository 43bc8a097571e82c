/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble-target.h"

#include "thr-test.h"

struct _TestTarget
{
  GInputStream parent_instance;

  int level;
  GSocketFamily where;
  char *label;

  GMutex lock; /* guards all below; held to wait for or signal changed */
  GCond changed;
  gboolean opened;
  int n_inside;
  int n_calls;
  int most_inside;
  GThread *thread;
  GString *order;
};

enum
{
  PROP_0,
  PROP_LEVEL,
  PROP_WHERE,
  PROP_LABEL,
  PROP_SECRET,
};

enum
{
  TOLD,
  ASKED,
  POINTED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (TestTarget, test_target, G_TYPE_INPUT_STREAM)

static gssize
test_target_read (GInputStream *stream,
                  void         *buffer,
                  gsize         count,
                  GCancellable *cancellable,
                  GError      **error)
{
  return 0;
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  TestTarget *self = user_data;

  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

static gssize
test_target_skip (GInputStream *stream,
                  gsize         count,
                  GCancellable *cancellable,
                  GError      **error)
{
  TestTarget *self = TEST_TARGET (stream);
  gint64 until = g_get_monotonic_time () + thr_test_deadline ();
  gulong handler = 0;

  if (cancellable != NULL)
    handler = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), self, NULL);

  g_mutex_lock (&self->lock);
  self->n_calls++;
  self->n_inside++;
  self->most_inside = MAX (self->most_inside, self->n_inside);
  self->thread = g_thread_self ();
  g_string_append_printf (self->order, "%" G_GSIZE_FORMAT " ", count);
  g_cond_broadcast (&self->changed);
  while (!self->opened && !g_cancellable_is_cancelled (cancellable))
    if (!g_cond_wait_until (&self->changed, &self->lock, until))
      g_error ("nobody let the call pass");
  self->n_inside--;
  g_mutex_unlock (&self->lock);

  g_cancellable_disconnect (cancellable, handler);
  return g_cancellable_set_error_if_cancelled (cancellable, error) ? -1 : (gssize) count;
}

static void
test_target_finalize (GObject *object)
{
  TestTarget *self = TEST_TARGET (object);

  g_free (self->label);
  g_string_free (self->order, TRUE);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  G_OBJECT_CLASS (test_target_parent_class)->finalize (object);
}

static void
test_target_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  TestTarget *self = TEST_TARGET (object);

  switch (prop_id)
    {
    case PROP_LEVEL:
      g_value_set_int (value, self->level);
      break;
    case PROP_WHERE:
      g_value_set_enum (value, self->where);
      break;
    case PROP_LABEL:
      g_value_set_string (value, self->label);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
test_target_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  TestTarget *self = TEST_TARGET (object);

  switch (prop_id)
    {
    case PROP_LEVEL:
      self->level = g_value_get_int (value);
      break;
    case PROP_WHERE:
      self->where = g_value_get_enum (value);
      break;
    case PROP_LABEL:
    case PROP_SECRET:
      g_free (self->label);
      self->label = g_value_dup_string (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
test_target_class_init (TestTargetClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);
  const GParamFlags readwrite = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = test_target_finalize;
  object_class->get_property = test_target_get_property;
  object_class->set_property = test_target_set_property;
  stream_class->read_fn = test_target_read;
  stream_class->skip = test_target_skip;

  g_object_class_install_property (
    object_class, PROP_LEVEL, g_param_spec_int ("level", NULL, NULL, 0, 10, 0, readwrite));
  g_object_class_install_property (
    object_class, PROP_WHERE,
    g_param_spec_enum ("where", NULL, NULL, G_TYPE_SOCKET_FAMILY, 0, readwrite));
  g_object_class_install_property (object_class, PROP_LABEL,
                                   g_param_spec_string ("label", NULL, NULL, NULL, readwrite));
  g_object_class_install_property (
    object_class, PROP_SECRET,
    g_param_spec_string ("secret", NULL, NULL, NULL, G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS));

  signals[TOLD] = g_signal_new ("told", TEST_TYPE_TARGET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 3, G_TYPE_INT,
                                G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE, G_TYPE_OBJECT);
  signals[ASKED] = g_signal_new ("asked", TEST_TYPE_TARGET, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_BOOLEAN, 0);
  signals[POINTED] = g_signal_new ("pointed", TEST_TYPE_TARGET, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
test_target_init (TestTarget *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->order = g_string_new (NULL);
}

TestTarget *
test_target_new (void)
{
  return g_object_new (TEST_TYPE_TARGET, NULL);
}

void
test_target_open (TestTarget *self)
{
  g_mutex_lock (&self->lock);
  self->opened = TRUE;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
test_target_wait_entered (TestTarget *self)
{
  gint64 until = g_get_monotonic_time () + thr_test_deadline ();

  g_mutex_lock (&self->lock);
  while (self->n_inside == 0)
    if (!g_cond_wait_until (&self->changed, &self->lock, until))
      g_error ("nobody called");
  g_mutex_unlock (&self->lock);
}

GThread *
test_target_get_thread (TestTarget *self)
{
  GThread *thread;

  g_mutex_lock (&self->lock);
  thread = self->thread;
  g_mutex_unlock (&self->lock);
  return thread;
}

int
test_target_get_n_calls (TestTarget *self)
{
  int n_calls;

  g_mutex_lock (&self->lock);
  n_calls = self->n_calls;
  g_mutex_unlock (&self->lock);
  return n_calls;
}

int
test_target_get_most_inside (TestTarget *self)
{
  int most_inside;

  g_mutex_lock (&self->lock);
  most_inside = self->most_inside;
  g_mutex_unlock (&self->lock);
  return most_inside;
}

const char *
test_target_get_order (TestTarget *self)
{
  return self->order->str;
}

void
test_target_tell (TestTarget *self,
                  int         number,
                  const char *text,
                  GObject    *object)
{
  g_signal_emit (self, signals[TOLD], 0, number, text, object);
}
