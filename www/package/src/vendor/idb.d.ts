export { deleteDB, openDB } from "idb";
export type { DBSchema, IDBPDatabase, IDBPTransaction, StoreNames } from "idb";
