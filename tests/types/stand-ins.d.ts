// SPDX-License-Identifier: LGPL-2.1-or-later
// As much of GLib as the types of the library and the sample need.

declare module 'gi://GLib?version=2.0' {
    export namespace GLib {
        class Error {
            domain: number;
            code: number;
            message: string;
            constructor(options: any);
            matches(domain: any, code: number): boolean;
        }
        class Variant {
            static new_int64(value: number | bigint): Variant;
        }
    }
    export default GLib;
}

declare module 'gi://GObject?version=2.0' {
    export namespace GObject {
        interface GType<T = any> {
            name: string;
            readonly $type?: T;
        }
        class ParamSpec {
            name: string;
        }
        namespace Object {
            interface SignalSignatures {
                'notify': (pspec: ParamSpec) => void;
            }
            interface ConstructorProps {}
        }
        class Object {
            constructor(properties?: any, ...args: any[]);
            connect(signal: string, callback: (...args: any[]) => any): number;
            disconnect(id: number): void;
        }
    }
    export default GObject;
}

declare module 'gi://Gio?version=2.0' {
    import type GObject from 'gi://GObject?version=2.0';

    export namespace Gio {
        class Cancellable extends GObject.Object {
            cancel(): void;
        }
        class Application extends GObject.Object {}
        interface AsyncResult {
            get_source_object(): GObject.Object | null;
        }
        interface AsyncReadyCallback<T = any> {
            (source: T | null, result: AsyncResult): void;
        }
        interface ListModel<T = GObject.Object> {
            get_n_items(): number;
            get_item(position: number): T | null;
        }
        class File extends GObject.Object {
            static new_for_path(path: string): File;
            load_contents(cancellable: Cancellable | null): [boolean, Uint8Array, string];
            get_basename(): string | null;
        }
    }
    export default Gio;
}
