export { FetchedView, useFetched } from "@fusionflow/shared/ui/fetched.tsx";
