// Constants of exp.cpp. Derivation: each is the floor of the exact value in the unit named; exp_test
// recomputes them.
#pragma once

#include <cstdint>

namespace lockstep::detail {

struct Bits128 {
  std::uint64_t high;
  std::uint64_t low;
};

/// ln(2) / 128 in units of 2^-192, most significant first.
inline constexpr std::uint64_t kLn2Over128[3] = {0x0162e42fefa39ef3u, 0x5793c7673007e5edu,
                                                 0x5e81e6864ce5316cu};
/// ln(2) in units of 2^-320, most significant first.
inline constexpr std::uint64_t kLn2[5] = {0xb17217f7d1cf79abu, 0xc9e3b39803f2f6afu, 0x40f343267298b62du,
                                          0x8a0d175b8baafa2bu, 0xe7b876206debac98u};
/// 1/n! in units of 2^-128, n = 2 to 7.
inline constexpr Bits128 kInverseFactorial[6] = {
    {0x8000000000000000u, 0x0000000000000000u}, {0x2aaaaaaaaaaaaaaau, 0xaaaaaaaaaaaaaaaau},
    {0x0aaaaaaaaaaaaaaau, 0xaaaaaaaaaaaaaaaau}, {0x0222222222222222u, 0x2222222222222222u},
    {0x005b05b05b05b05bu, 0x05b05b05b05b05b0u}, {0x000d00d00d00d00du, 0x00d00d00d00d00d0u},
};
/// 1/n! in units of 2^-64, n = 8 to 13, times 2^15 so that they keep their digits: in units of 2^-79.
inline constexpr std::uint64_t kInverseFactorialHigh[6] = {0xd00d00d00d00d00du, 0x171de3a556c7338fu,
                                                           0x024fc9f6ef13eb8eu, 0x0035cc8acfea89c7u,
                                                           0x00047bb63bfe3625u, 0x00005849184ea1b4u};
/// 2^(i/128) in units of 2^-127.
inline constexpr Bits128 kTwoTo128ths[128] = {
    {0x8000000000000000u, 0x0000000000000000u}, {0x80b1ed4fd999ab6cu, 0x25335719b6e6fd20u},
    {0x8164d1f3bc030773u, 0x7be56527bd14def4u}, {0x8218af4373fc25ebu, 0x9c7cd106d23f3768u},
    {0x82cd8698ac2ba1d7u, 0x3e2a475b46520bffu}, {0x8383594eefb6ee36u, 0xe201d4ec3d93f683u},
    {0x843a28c3acde4046u, 0x1af92eca13fd1582u}, {0x84f1f656379c1a29u, 0x0f03062c26b5ba5du},
    {0x85aac367cc487b14u, 0xc5c95b8c2154c1b2u}, {0x8664915b923fba03u, 0xdb82dc49ee2f4556u},
    {0x871f61969e8d1010u, 0x3a1727c57b52a956u}, {0x87db357ff698d791u, 0x9048eec50a1328a7u},
    {0x88980e8092da8527u, 0x5df8d76c98c67562u}, {0x8955ee03618e5fdcu, 0x95d69926b4717b93u},
    {0x8a14d575496efd9au, 0x080ca1d92c3680c2u}, {0x8ad4c6452c728924u, 0x06ab9eeab09dfc95u},
    {0x8b95c1e3ea8bd6e6u, 0xfbe4628758a53c90u}, {0x8c57c9c4646f4dddu, 0xfb85cd1e1282e4beu},
    {0x8d1adf5b7e5ba9e5u, 0xb4c7b4968e41ad36u}, {0x8ddf042022e69cd5u, 0x8f395a213f1afcd6u},
    {0x8ea4398b45cd53c0u, 0x2dc0144c8783d4c5u}, {0x8f6a8117e6c8e5c4u, 0x0cffb0890e8f2826u},
    {0x9031dc431466b1dcu, 0x775814a8494e87e2u}, {0x90fa4c8beee4b12au, 0x97e9494a5eda5b0fu},
    {0x91c3d373ab11c336u, 0x0fd6d8e0ae5ac9d8u}, {0x928e727d9531f9acu, 0x155bef4f4a408d4eu},
    {0x935a2b2f13e6e92bu, 0xd339940e9d924ee7u}, {0x9426ff0fab1c04b6u, 0x78ae781e504b3fedu},
    {0x94f4efa8fef70961u, 0x2e8afad12551de54u}, {0x95c3fe86d6cc7feeu, 0xf52329c7e55c4221u},
    {0x96942d3720185a00u, 0x48ea9b683a9c22c4u}, {0x97657d49f17ab08eu, 0x507a2ea91c19d7b0u},
    {0x9837f0518db8a96fu, 0x46ad23182e42f6f6u}, {0x990b87e266c189a9u, 0xce78e18047c36ef1u},
    {0x99e0459320b7fa64u, 0xe43086cb34b5fcaeu}, {0x9ab62afc94ff864au, 0x311a3b1b9d79c6b6u},
    {0x9b8d39b9d54e5538u, 0xa2a817a2a3cc3f1fu}, {0x9c6573682ec32c2du, 0x4e586cdf686429deu},
    {0x9d3ed9a72cffb750u, 0xde494cf050e99b0bu}, {0x9e196e189d472420u, 0x00f9145ac79bbaf0u},
    {0x9ef5326091a111adu, 0xa0911f09ebb9fdd1u}, {0x9fd228256400dd05u, 0xfb80d520c197dc60u},
    {0xa0b0510fb9714fc2u, 0x192dc79edb0fd9a9u}, {0xa18faeca8544b6e3u, 0x8221ca08667640f1u},
    {0xa27043030c496818u, 0x9b7a04ef80cfdea7u}, {0xa3520f68e802bb92u, 0x897a2c914ecbefa0u},
    {0xa43515ae09e6809eu, 0x0d1db4831781e1eeu}, {0xa5195786be9ef339u, 0x6c5e7a37cac3230eu},
    {0xa5fed6a9b15138eau, 0x1cbd7f621710701bu}, {0xa6e594cfeee86b1du, 0x9b778d4f06624259u},
    {0xa7cd93b4e9653569u, 0x9ec5b4d5039f72afu}, {0xa8b6d5167b320e08u, 0x97a96426c110c873u},
    {0xa9a15ab4ea7c0ef8u, 0x541e24ec3531fa73u}, {0xaa8d2652ec907629u, 0x76310121a6533932u},
    {0xab7a39b5a93ed337u, 0x658023b2759e0079u}, {0xac6896a4be3fe929u, 0x5e15b9a1de797649u},
    {0xad583eea42a14ac6u, 0x4980a8c8f59a2ec4u}, {0xae493452ca35b80eu, 0x258dc0b4c35101ecu},
    {0xaf3b78ad690a4374u, 0xdf26101ccbb35032u}, {0xb02f0dcbb6e04583u, 0xb7ac9524371d9a75u},
    {0xb123f581d2ac258fu, 0x87d037e96d215d8eu}, {0xb21a31a66618fe3bu, 0x7c38a6276cd27208u},
    {0xb311c412a9112489u, 0x3ecf14dc798a519bu}, {0xb40aaea2654b9840u, 0xe2b913dcf993835fu},
    {0xb504f333f9de6484u, 0x597d89b3754abe9fu}, {0xb60093a85ed5f76bu, 0xb54cc007a799fef5u},
    {0xb6fd91e328d17791u, 0x07165f0ddd541a59u}, {0xb7fbefca8ca41e7cu, 0x3f0da79f109dffcdu},
    {0xb8fbaf4762fb9ee9u, 0x1b879778566b65a1u}, {0xb9fcd2452c0b9deau, 0xe4d27345588c1571u},
    {0xbaff5ab2133e45fbu, 0x74d519d24593838cu}, {0xbc034a7ef2e9fb0cu, 0xd7014042c595d95eu},
    {0xbd08a39f580c36beu, 0xa8811fb66d0faf7au}, {0xbe0f6809860993e2u, 0x499a22c9bab1596eu},
    {0xbf1799b67a731082u, 0xe815d0abcbf0b850u}, {0xc0213aa1f0d08db0u, 0x6f33b24d1aa75383u},
    {0xc12c4cca66709456u, 0x7c457d59a50087b5u}, {0xc238d2311e3d6672u, 0x97b5cbe3204a9b87u},
    {0xc346ccda24976407u, 0x20ec856128b83a42u}, {0xc4563ecc5334cb32u, 0x985e6f96a74eb094u},
    {0xc5672a115506daddu, 0x3e2ad0c964dd9f37u}, {0xc67990b5aa245f79u, 0x550e68b0e2aec254u},
    {0xc78d74c8abb9b15cu, 0xc13a2e3976c0277eu}, {0xc8a2d85c8ffe2c45u, 0x30da34fb5b8700e1u},
    {0xc9b9bd866e2f27a2u, 0x80e1f92a0511697eu}, {0xcad2265e4290774du, 0xa41b4ad07e37be3eu},
    {0xcbec14fef2727c5cu, 0xf4907c8f45ebf6dcu}, {0xcd078b86503dcdd1u, 0x884dc62339bdf58cu},
    {0xce248c151f8480e3u, 0xe235838f95f2c6edu}, {0xcf4318cf191918c1u, 0x2653c7326370087cu},
    {0xd06333daef2b2594u, 0xd6d45c6559a4d502u}, {0xd184df6251699ac6u, 0x0b8fbb86d56aa3fdu},
    {0xd2a81d91f12ae45au, 0x12248e57c3de4028u}, {0xd3ccf099859ac379u, 0x6fd958ac78d4c3cbu},
    {0xd4f35aabcfedfa1fu, 0x5921deffa6262c5au}, {0xd61b5dfe9f9bce06u, 0xdcb3518932fe39f2u},
    {0xd744fccad69d6af4u, 0x39a68bb9902d3fdeu}, {0xd870394c6db32c84u, 0x21566fe37b65072eu},
    {0xd99d15c278afd7b5u, 0xfe873deca3e12babu}, {0xdacb946f2ac9cc71u, 0xc40888b2439e38b8u},
    {0xdbfbb797daf23755u, 0x3d840d5a9e29aa64u}, {0xdd2d818508324c20u, 0x659e357ada3f94b9u},
    {0xde60f4825e0e9123u, 0xdd07a2d9e8466859u}, {0xdf9612deb8f04420u, 0x46b8128c71a24fd0u},
    {0xe0ccdeec2a94e111u, 0x065895048dd333cau}, {0xe2055afffe83d368u, 0xa6fc1078c14529b3u},
    {0xe33f8972be8a5a51u, 0x09bfe90795980eecu}, {0xe47b6ca0373da88du, 0x65e24402e2216edau},
    {0xe5b906e77c8348a8u, 0x1e5e8f4a4edbb0ecu}, {0xe6f85aaaee1fce22u, 0x7c4ac7d628df28afu},
    {0xe8396a503c4bdc68u, 0x791790d0ac70c7ddu}, {0xe97c38406c4f8c56u, 0xf091cc4f51012da6u},
    {0xeac0c6e7dd24392eu, 0xd02d75b3706e54fau}, {0xec0718b64c1cbddcu, 0x27ce824402fc25f6u},
    {0xed4f301ed9942b84u, 0x600d2db6a64bfb12u}, {0xee990f980da3025bu, 0x4aef1e031851c990u},
    {0xefe4b99bdcdaf5cbu, 0x46561cf6948db912u}, {0xf13230a7ad094509u, 0x3b0fd0bd6d3233f3u},
    {0xf281773c59ffb139u, 0xe8980a9cc8f47a4bu}, {0xf3d28fde3a641a5au, 0xa4594191bc33ac54u},
    {0xf5257d152486cc2cu, 0x7b9d0c7aed980fc3u}, {0xf67a416c733f846du, 0x81897dca4e77a310u},
    {0xf7d0df730ad13bb8u, 0xfe90d496d60fb6eau}, {0xf92959bb5dd4ba74u, 0x34b7e1b1c86a6356u},
    {0xfa83b2db722a033au, 0x7c25bb14315d7fccu}, {0xfbdfed6ce5f09c48u, 0x9da5ff395ecae2e7u},
    {0xfd3e0c0cf486c174u, 0x853f3a5931e0ee03u}, {0xfe9e115c7b8f884bu, 0xadd25995e79d2f09u},
};

}  // namespace lockstep::detail
