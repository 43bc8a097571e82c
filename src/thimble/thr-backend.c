/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "thimble/thr-thimble-private.h"

#include <dlfcn.h>
#include <gmodule.h>

#include "base/thr-error.h"
#include "base/thr-i18n-private.h"

/* Both girepositories in one process register the same type names, and abort.
 * So if one is there already, for a language's binding say, it must be that one;
 * else what is found first. */
static const struct
{
  const char *module;
  const char *library;
} candidates[] = {
  { "libthr-girepository-1.0." G_MODULE_SUFFIX, "libgirepository-1.0.so.1" },
  { "libthr-girepository-2.0." G_MODULE_SUFFIX, "libgirepository-2.0.so.0" },
};

/* Guards the loading, so that it is done once. What runs meanwhile is the code
 * of the module, which is ours, and the constructors of what it links. */
static GMutex load_lock;

/* Stored with release when it is complete, and read with acquire. */
static const ThrBackend *_Atomic loaded;

static gboolean
is_in_process (const char *library)
{
  void *handle = dlopen (library, RTLD_LAZY | RTLD_NOLOAD);

  if (handle == NULL)
    return FALSE;
  dlclose (handle);
  return TRUE;
}

static const ThrBackend *
load_module (const char *path,
             GError    **error)
{
  const ThrBackend *backend = NULL;
  gpointer symbol = NULL;
  GModule *module;

  /* Not lazily: what is missing is an error here, and not an abort later. */
  module = g_module_open (path, G_MODULE_BIND_LOCAL);
  if (module == NULL)
    {
      g_set_error (error, THR_ERROR, THR_ERROR_NO_BACKEND,
                   _("Methods cannot be called by name, since the module for it cannot be loaded: "
                     "%s"),
                   g_module_error ());
      return NULL;
    }

  if (g_module_symbol (module, THR_BACKEND_SYMBOL, &symbol) && symbol != NULL)
    backend = ((ThrBackendGetFunc) symbol) ();
  if (backend == NULL || backend->version != THR_BACKEND_VERSION)
    {
      g_set_error (error, THR_ERROR, THR_ERROR_NO_BACKEND,
                   _("Methods cannot be called by name, since the module “%s” is not of this "
                     "version of the library: install both from the same version"),
                   path);
      g_module_close (module);
      return NULL;
    }

  /* It registers types, which cannot be taken back. */
  g_module_make_resident (module);
  return backend;
}

static const ThrBackend *
load (GError **error)
{
  const char *folder = g_getenv (THR_BACKEND_PATH_VARIABLE);
  gsize only = G_N_ELEMENTS (candidates);

  if (folder == NULL || *folder == '\0')
    folder = THR_BACKEND_DIR;
  for (gsize i = 0; i < G_N_ELEMENTS (candidates) && only == G_N_ELEMENTS (candidates); i++)
    {
      if (is_in_process (candidates[i].library))
        only = i;
    }

  for (gsize i = 0; i < G_N_ELEMENTS (candidates); i++)
    {
      g_autofree char *path = g_build_filename (folder, candidates[i].module, NULL);

      if (only < G_N_ELEMENTS (candidates) && i != only)
        continue;
      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return load_module (path, error);
    }

  g_set_error (error, THR_ERROR, THR_ERROR_NO_BACKEND,
               _("Methods cannot be called by name, since there is no module “%s” in “%s”: install "
                 "it, or name its folder in %s"),
               candidates[only < G_N_ELEMENTS (candidates) ? only : 0].module, folder,
               THR_BACKEND_PATH_VARIABLE);
  return NULL;
}

const ThrBackend *
thr_backend_get (GError **error)
{
  const ThrBackend *backend = atomic_load_explicit (&loaded, memory_order_acquire);
  g_autoptr (GMutexLocker) locker = NULL;

  if (G_LIKELY (backend != NULL))
    return backend;

  locker = g_mutex_locker_new (&load_lock);
  backend = atomic_load_explicit (&loaded, memory_order_relaxed);
  if (backend == NULL)
    {
      backend = load (error);
      atomic_store_explicit (&loaded, backend, memory_order_release);
    }
  return backend;
}
