/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What belongs to the user is freed at home, whoever lets go last. For objects
 * see test-home.c. */

#include "config.h"

#include "thr-test.h"

/* Calls it on a thread of its own, and waits for that. */
static void
elsewhere (GThreadFunc func,
           gpointer    data)
{
  g_thread_join (g_thread_new ("elsewhere", func, data));
}

static void
news (ThrEvent *event,
      gpointer  user_data)
{
}

static gpointer
unref_subscription (gpointer data)
{
  thr_subscription_unref (data);
  return NULL;
}

static void
test_subscription (void)
{
  ThrChannel *channel = thr_channel_new ();
  ThrSubscription *subscription;
  ThrTestHome home;

  thr_test_home_init (&home);
  subscription = thr_channel_subscribe (channel, THR_OVERFLOW_DROP_OLDEST, 0, news, &home, thr_test_home_destroy);
  thr_subscription_unsubscribe (subscription);
  g_assert_finalize_object (channel);
  thr_test_drain ();
  g_assert_cmpint (thr_test_home_n_destroyed (&home), ==, 0);

  elsewhere (unref_subscription, subscription);
  thr_test_run_until (thr_test_home_n_destroyed (&home) == 1);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
}

static gboolean
call_func (ThrThreadWrapper *thread,
           const GValue     *arguments,
           gsize             n_arguments,
           gpointer          user_data,
           GError          **error)
{
  return TRUE;
}

static void
ignore_end (ThrThreadWrapper *thread,
            gpointer          user_data)
{
}

static gpointer
replace_callback (gpointer data)
{
  thr_background_set_on_end (data, ignore_end, NULL, NULL);
  return NULL;
}

static void
test_background (void)
{
  ThrBackground *background = thr_background_new (NULL, call_func, NULL, NULL);
  ThrTestHome home;

  thr_test_home_init (&home);
  thr_background_set_on_end (background, ignore_end, &home, thr_test_home_destroy);
  elsewhere (replace_callback, background);
  thr_test_run_until (thr_test_home_n_destroyed (&home) == 1);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
  g_assert_finalize_object (background);
}

static gpointer
unref_resolver (gpointer data)
{
  thr_defer_resolver_unref (data);
  return NULL;
}

static void
test_result (void)
{
  ThrDefer *defer = thr_defer_new ();
  ThrDeferResolver *resolver = thr_defer_dup_resolver (defer);
  GValue value = G_VALUE_INIT;
  ThrTestHome home;

  thr_test_home_init (&home);
  g_value_init (&value, G_TYPE_OBJECT);
  g_value_take_object (&value, g_object_new (G_TYPE_OBJECT, NULL));
  thr_test_home_watch (&home, g_value_get_object (&value));
  g_assert_true (thr_defer_resolve (defer, &value));
  g_value_unset (&value);
  g_assert_finalize_object (defer);
  g_assert_cmpint (thr_test_home_n_finalized (&home), ==, 0);

  elsewhere (unref_resolver, resolver);
  thr_test_run_until (thr_test_home_n_finalized (&home) == 1);
  g_assert_cmpint (thr_test_home_n_away (&home), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/freed/subscription", test_subscription);
  g_test_add_func ("/freed/background", test_background);
  g_test_add_func ("/freed/result", test_result);

  return g_test_run ();
}
